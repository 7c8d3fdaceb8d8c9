"""What messages there are."""

from enum import StrEnum


class MessageKind(StrEnum):
    """Messages to other systems."""

    # 転出証明書情報: pushed to the planned municipality once the 転出届 is accepted (住基法24条の2第3項).
    MOVING_OUT_CERTIFICATE = "moving_out_certificate"
