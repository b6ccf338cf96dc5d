"""Why a command is refused: each names the field and the remedy."""

from datetime import datetime

from kit.domain import Refused, Taken, Unknown


class RequestUnknown(Unknown):
    code = "access-request-unknown"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"request_id: there is no access request {request_id!r}; request access first"
        )


class RequestExists(Taken):
    code = "access-request-exists"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"request_id: {request_id!r} is another request; "
            "make this one under an id of its own"
        )


class RequestIsDecided(Refused):
    code = "access-request-decided"

    def __init__(self, request_id: str, state: str) -> None:
        super().__init__(
            f"request_id: {request_id!r} is {state}; the buyer may ask anew"
            if state != "approved"
            else f"request_id: {request_id!r} is approved; leave it"
        )


class RequestNotDue(Refused):
    code = "access-request-not-due"

    def __init__(self, request_id: str, expires_at: datetime) -> None:
        super().__init__(
            f"at: {request_id!r} may be answered until {expires_at.isoformat()}; "
            "expire it then"
        )


class AccessIsRequested(Refused):
    code = "access-requested"

    def __init__(self, buyer_id: str, request_id: str) -> None:
        super().__init__(
            f"buyer_id: {buyer_id!r} waits for an answer to {request_id!r} already; "
            "withdraw that one first"
        )


class CustomerUnknown(Unknown):
    code = "customer-unknown"

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"customer_id: the seller has no customer {customer_id!r}; create it first"
        )


class CustomerExists(Refused):
    code = "customer-exists"

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"customer_id: {customer_id!r} was created otherwise; "
            "associate the buyer with it, or create this one under an id of its own"
        )


class BuyerIsCustomer(Refused):
    code = "buyer-is-customer"

    def __init__(self, buyer_id: str, customer_id: str) -> None:
        super().__init__(
            f"buyer_id: {buyer_id!r} is customer {customer_id!r}; "
            "associate the buyer with another instead"
        )


class ConversationUnknown(Unknown):
    code = "conversation-unknown"

    def __init__(self, conversation_id: str) -> None:
        super().__init__(
            f"conversation_id: these two have no conversation {conversation_id!r}; "
            "begin one under an id of its own"
        )


class ConversationIsAbout(Refused):
    code = "conversation-about"

    def __init__(self, order_id: str | None) -> None:
        about = "no order" if order_id is None else f"order {order_id!r}"
        super().__init__(
            f"order_id: the conversation is about {about}; leave it out, or begin another"
        )


class MessageUnknown(Refused):
    code = "message-unknown"

    def __init__(self, field: str, message_id: str) -> None:
        super().__init__(
            f"{field}: the buyer sent no message {message_id!r} in this conversation; "
            "use the message_id of one"
        )


class MessageAsksNothing(Refused):
    code = "message-not-opening"

    def __init__(self, message_id: str, opening_id: str) -> None:
        super().__init__(
            f"answers: {message_id!r} goes on about {opening_id!r}; answer that one"
        )


class MessageExists(Refused):
    code = "message-exists"

    def __init__(self, message_id: str) -> None:
        super().__init__(
            f"message_id: {message_id!r} was sent with other content; "
            "send this one under an id of its own"
        )
