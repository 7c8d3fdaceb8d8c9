"""Why an officer looks into the register (経路: 照会): chosen before anything is shown, written into the audit."""

from enum import StrEnum


class Inquiry(StrEnum):
    """The reasons an officer can give."""

    COUNTER = "counter"
    PROXY = "proxy"
    FILING = "filing"
    CALL = "call"
    PUBLIC_OFFICE = "public_office"
    UPKEEP = "upkeep"

    @property
    def why(self) -> str:
        """The code of the audit."""
        return f"register.desk.{self.value}"


WORDS = {
    Inquiry.COUNTER: "窓口に来た本人・同じ世帯の人の手続き",
    Inquiry.PROXY: "代理人・第三者からの請求",
    Inquiry.FILING: "届出の受付・審査",
    Inquiry.CALL: "電話などの問い合わせ",
    Inquiry.PUBLIC_OFFICE: "ほかの官公署からの照会",
    Inquiry.UPKEEP: "記録の点検・訂正",
}


def inquiry_of(text: str | None) -> Inquiry | None:
    """The reason of this name; None for none and for one that nobody can give."""
    return Inquiry(text) if text in set(Inquiry) else None
