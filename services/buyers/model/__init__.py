"""Access, customers and conversations. The only place where their rules live."""

from services.buyers.model.access_request import ACCESS_REQUEST
from services.buyers.model.access_rule import ACCESS_RULE
from services.buyers.model.conversation import CONVERSATION
from services.buyers.model.relationship import RELATIONSHIP

__all__ = ["ACCESS_REQUEST", "ACCESS_RULE", "CONVERSATION", "RELATIONSHIP"]
