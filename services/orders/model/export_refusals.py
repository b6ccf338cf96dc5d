"""Why an export is not begun, or not to be had."""

from kit.domain import Refused, Unknown


class ExportUnknown(Unknown):
    code = "export-unknown"

    def __init__(self, export_id: str) -> None:
        super().__init__(f"export_id: there is no export {export_id!r}; begin one")


class ExportsRunning(Refused):
    code = "exports-running"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"export: {most} of the seller's are being written; ask how far they are, and "
            "begin another when one is done"
        )


class ExportNotReady(Refused):
    code = "export-not-ready"

    def __init__(self, done: int, total: int) -> None:
        super().__init__(
            f"export_id: {done} of {total} orders are written; ask again when it is done"
        )
