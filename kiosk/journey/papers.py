"""What the screens call each kind of paper. A kind that is not here is shown by the name the portal gives it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Paper:
    """Its name, and what stands on it whatever is chosen."""

    name: LazyString
    always: LazyString


PAPERS: dict[str, Paper] = {
    "resident_record": Paper(_("住民票の写し"), _("氏名、生年月日、性別、住所、住民となった日など")),
    "resident_items": Paper(_("住民票記載事項証明書"), _("氏名、生年月日、性別、住所、住民となった日など")),
    "seal_registration": Paper(_("印鑑登録証明書"), _("印影、氏名、生年月日、住所、登録番号など")),
    "income_tax": Paper(_("所得・課税証明書"), _("氏名、住所、いまの年度の所得、控除、税額など")),
    "domicile_record": Paper(_("戸籍の附票の写し"), _("氏名、生年月日、性別、これまでの住所と定めた日")),
}
