"""Names as they are spread: a few that many have, many that a few have, in the shapes they are registered in."""

import random
from dataclasses import dataclass
from itertools import accumulate

# Of 10,000 people, roughly, as the lists of commonest surnames say.
_COMMON = """
佐藤/サトウ/148 鈴木/スズキ/142 高橋/タカハシ/111 田中/タナカ/105 伊藤/イトウ/85 渡辺/ワタナベ/84 山本/ヤマモト/83
中村/ナカムラ/82 小林/コバヤシ/81 加藤/カトウ/70 吉田/ヨシダ/65 山田/ヤマダ/64 佐々木/ササキ/52 山口/ヤマグチ/51
松本/マツモト/49 井上/イノウエ/48 木村/キムラ/45 林/ハヤシ/43 斎藤/サイトウ/42 清水/シミズ/42 山崎/ヤマザキ/38
森/モリ/37 阿部/アベ/36 池田/イケダ/36 橋本/ハシモト/35 山下/ヤマシタ/33 石川/イシカワ/33 中島/ナカジマ/31
前田/マエダ/31 藤田/フジタ/31 小川/オガワ/30 後藤/ゴトウ/30 岡田/オカダ/30 長谷川/ハセガワ/30 村上/ムラカミ/29
近藤/コンドウ/29 石井/イシイ/29 坂本/サカモト/27 遠藤/エンドウ/26 青木/アオキ/24 藤井/フジイ/23 西村/ニシムラ/23
福田/フクダ/22 太田/オオタ/22 三浦/ミウラ/22 岡本/オカモト/21 松田/マツダ/21 中川/ナカガワ/20 中野/ナカノ/20
原田/ハラダ/20 小野/オノ/20 田村/タムラ/20 竹内/タケウチ/19 金子/カネコ/19 和田/ワダ/18 中山/ナカヤマ/18
石田/イシダ/18 上田/ウエダ/18 森田/モリタ/17 原/ハラ/17 柴田/シバタ/16 酒井/サカイ/16 工藤/クドウ/16
横山/ヨコヤマ/16 宮崎/ミヤザキ/16 宮本/ミヤモト/16 内田/ウチダ/15 高木/タカギ/15 安藤/アンドウ/15 島田/シマダ/14
谷口/タニグチ/14 大野/オオノ/14 丸山/マルヤマ/13 今井/イマイ/13 高田/タカダ/13 藤本/フジモト/13 武田/タケダ/13
村田/ムラタ/13 上野/ウエノ/13 杉山/スギヤマ/12 増田/マスダ/12 平野/ヒラノ/12 大塚/オオツカ/12 千葉/チバ/12
久保/クボ/12 松井/マツイ/11 小島/コジマ/11 岩崎/イワサキ/11 桜井/サクライ/11 野口/ノグチ/11 野村/ノムラ/11
菊地/キクチ/11 渡部/ワタナベ/10 葛西/カサイ/4 榊原/サカキバラ/4 五十嵐/イガラシ/7 勅使河原/テシガワラ/1
"""
# The rest, some 60 of 100 people, have one of these made of two, with a long tail.
_FIRST = (
    "山/ヤマ 川/カワ 小/オ 大/オオ 上/カミ 中/ナカ 西/ニシ "
    "東/ヒガシ 北/キタ 南/ミナミ 高/タカ 松/マツ 竹/タケ 石/イシ "
    "岩/イワ 森/モリ 木/キ 福/フク 藤/フジ 長/ナガ 平/ヒラ 古/フル 新/アラ 黒/クロ 白/シラ 青/アオ 赤/アカ 村/ムラ "
    "野/ノ 宮/ミヤ 桜/サクラ 梅/ウメ 杉/スギ 稲/イナ 秋/アキ 三/ミ 浜/ハマ 広/ヒロ 吉/ヨシ 富/トミ 関/セキ 柳/ヤナギ"
)
_SECOND = (
    "田/ダ 川/カワ 山/ヤマ 本/モト 村/ムラ 野/ノ 井/イ 沢/サワ 島/シマ 崎/サキ 原/ハラ 谷/タニ 岡/オカ 木/キ 口/グチ "
    "橋/ハシ 塚/ヅカ 浦/ウラ 林/バヤシ 下/シタ 内/ウチ 瀬/セ 尾/オ "
    "場/バ 葉/バ 倉/クラ 松/マツ 辺/ベ 部/ベ 屋/ヤ 坂/サカ 津/ツ"
)
# One character in many shapes; as many as one household in eight has one of them.
_SHAPES = {
    "高": "髙", "崎": "﨑", "斎": "齋齊", "沢": "澤", "辺": "邊邉", "浜": "濱", "島": "嶋", "桜": "櫻", "広": "廣",
    "吉": "𠮷", "富": "冨", "国": "國", "恵": "惠", "真": "眞", "滝": "瀧", "関": "關",
}  # fmt: skip
# 記載 with a variation sequence (IVS), where the shape has no code point of its own.
_SEQUENCES = {"邉": "邉\U000e010f", "葛": "葛\U000e0102"}
_MEN = (
    (
        (
            "茂/シゲル 勇/イサム 清/キヨシ 実/ミノル 正/タダシ "
            "博/ヒロシ 進/ススム 勝/マサル 昭/アキラ 弘/ヒロシ 三郎/サブロウ"
        ),
        (
            "正/マサ 義/ヨシ 和/カズ 隆/タカ 秀/ヒデ 信/ノブ 光/ミツ "
            "文/フミ 武/タケ 英/ヒデ 幸/ユキ 久/ヒサ 貞/サダ 善/ヨシ"
        ),
        "男/オ 雄/オ 夫/オ 一/カズ 治/ハル 郎/ロウ 次/ジ 三/ゾウ 彦/ヒコ 吉/キチ 之/ユキ 明/アキ 司/シ",
    ),
    (
        (
            "誠/マコト 浩/ヒロシ 修/オサム 隆/タカシ 学/マナブ "
            "剛/ツヨシ 太郎/タロウ 健一/ケンイチ 大輔/ダイスケ 直樹/ナオキ"
        ),
        (
            "健/ケン 雄/ユウ 和/カズ 直/ナオ 哲/テツ 俊/トシ 智/トモ "
            "康/ヤス 貴/タカ 裕/ヒロ 大/ダイ 洋/ヨウ 達/タツ 拓/タク"
        ),
        (
            "一/イチ 太/タ 介/スケ 樹/キ 也/ヤ 彦/ヒコ 人/ト "
            "司/シ 之/ユキ 輝/テル 平/ヘイ 志/シ 太郎/タロウ 一郎/イチロウ 明/アキ"
        ),
    ),
    (
        "蓮/レン 湊/ミナト 律/リツ 蒼/アオ 樹/イツキ 颯/ハヤテ 陸/リク 陽翔/ハルト 大和/ヤマト 悠真/ユウマ",
        (
            "陽/ハル 悠/ユウ 大/ヒロ 蒼/ソウ 結/ユイ 颯/ソウ 琉/ル "
            "奏/カナ 朝/アサ 暖/ハル 優/ユウ 瑛/エイ 隼/ハヤ 翔/ショウ"
        ),
        "翔/ト 斗/ト 真/マ 太/タ 人/ト 樹/キ 介/スケ 生/キ 輝/キ 大/タ 仁/ジン 希/キ 馬/マ",
    ),
)
_WOMEN = (
    (
        (
            "和子/カズコ 幸子/サチコ 節子/セツコ 洋子/ヨウコ 恵子/ケイコ "
            "京子/キョウコ 千代/チヨ トメ/トメ ハル/ハル キヨ/キヨ"
        ),
        (
            "和/カズ 幸/サチ 節/セツ 文/フミ 久/ヒサ 千/チ 美/ミ "
            "静/シズ 敏/トシ 信/ノブ 春/ハル 芳/ヨシ 富/トミ 道/ミチ 照/テル"
        ),
        "子/コ 子/コ 子/コ 子/コ 枝/エ 代/ヨ 江/エ 美/ミ",
    ),
    (
        (
            "由美子/ユミコ 真由美/マユミ 明美/アケミ 恵/メグミ 愛/アイ "
            "彩/アヤ 花子/ハナコ 智子/トモコ 裕子/ユウコ 久美子/クミコ"
        ),
        "陽/ヨウ 直/ナオ 美/ミ 麻/マ 由/ユ 理/リ 真/マ 智/トモ 亜/ア 恵/エ 香/カ 佳/カ 奈/ナ 絵/エ 千/チ 早/サ 友/ユ",
        "子/コ 子/コ 美/ミ 香/カ 衣/イ 理/リ 紀/キ 奈/ナ 恵/エ 織/オリ 里/リ 穂/ホ",
    ),
    (
        (
            "陽葵/ヒマリ 凛/リン 紬/ツムギ 葵/アオイ 芽依/メイ "
            "さくら/サクラ 莉子/リコ 美月/ミツキ 心春/コハル 結菜/ユイナ"
        ),
        "結/ユ 陽/ヒ 心/ココ 美/ミ 彩/イロ 莉/リ 愛/ア 咲/サ 七/ナナ 琴/コト 花/ハナ 紗/サ 杏/アン 柚/ユズ 優/ユ",
        "愛/ア 菜/ナ 花/カ 羽/ハ 葉/ハ 月/ツキ 奈/ナ 音/ネ 莉/リ 香/カ 希/キ 乃/ノ 衣/イ",
    ),
)
_ABROAD = (
    ("ベトナム", "NGUYEN TRAN LE PHAM HOANG VU DANG BUI",
     "VAN ANH|THI HOA|MINH DUC|THI LAN|QUANG HUY|NGOC MAI|DUC THANG"),
    ("フィリピン", "SANTOS REYES CRUZ GARCIA MENDOZA", "MARIA ANA|JOSE MIGUEL|GRACE|JOHN PAUL|ROSE ANN"),
    ("ブラジル", "SILVA SOUZA OLIVEIRA TANAKA SATO", "ANA PAULA|LUCAS|MARCOS HIDEKI|JULIANA YUMI|PEDRO"),
    ("ネパール", "SHRESTHA GURUNG THAPA RAI TAMANG", "SITA|RAM BAHADUR|ANITA|BIKASH|SUNITA"),
    ("アメリカ合衆国", "SMITH JOHNSON WILLIAMS BROWN MILLER", "JAMES ROBERT|MARY ANN|MICHAEL|JENNIFER LEE|DAVID"),
)  # fmt: skip
_CHINA = (
    "王/ワン 李/リ 張/チョウ 劉/リュウ 陳/チン 楊/ヨウ 趙/チョウ 黄/コウ 周/シュウ 呉/ゴ",
    (
        "偉/イ 芳/ホウ 娜/ダ 秀英/シュウエイ 敏/ビン 静/セイ "
        "麗/レイ 強/キョウ 磊/ライ 洋/ヨウ 艶/エン 勇/ユウ 暁東/ギョウトウ"
    ),
)
_KOREA = (
    "金/キム 李/イ 朴/パク 崔/チェ 鄭/チョン 姜/カン",
    "敏俊/ミンジュン 智媛/ジウォン 相哲/サンチョル 英淑/ヨンスク 恩京/ウンギョン",
)


@dataclass(frozen=True)
class Written:
    """A text and its reading."""

    text: str
    reading: str


@dataclass(frozen=True)
class Foreign:
    """A foreign resident's name as registered, the name they are known by, if any, and where they are from."""

    name: Written
    common_name: str | None
    nationality: str
    has_reading: bool


def _pairs(text: str) -> tuple[Written, ...]:
    return tuple(Written(*entry.split("/")) for entry in text.split())


def _surnames() -> tuple[list[Written], list[float]]:
    common = [entry.split("/") for entry in _COMMON.split()]
    names = [Written(text, reading) for text, reading, _ in common]
    weights = [float(weight) for _, _, weight in common]
    known = {name.text for name in names}
    made = [
        Written(one.text + other.text, one.reading + other.reading)
        for one in _pairs(_FIRST)
        for other in _pairs(_SECOND)
        if one.text != other.text and one.text + other.text not in known
    ]
    random.Random("the tail").shuffle(made)
    tail = [1 / (rank + 20) for rank in range(len(made))]
    left = (10_000 - sum(weights)) / sum(tail)
    return names + made, [*weights, *(weight * left for weight in tail)]


SURNAMES, _WEIGHTS = _surnames()
_CUMULATIVE = list(accumulate(_WEIGHTS))
_GIVEN = {
    (woman, generation): tuple(_pairs(part) for part in parts)
    for woman, lists in ((False, _MEN), (True, _WOMEN))
    for generation, parts in enumerate(lists)
}
_CHINESE, _KOREAN = ([_pairs(part) for part in half] for half in (_CHINA, _KOREA))


def surname(rng: random.Random) -> Written:
    """A surname as often as it is met, in one household of eight in another shape where there is one."""
    plain = rng.choices(SURNAMES, cum_weights=_CUMULATIVE)[0]
    return Written(_shaped(plain.text, rng), plain.reading) if rng.random() < 0.3 else plain


def given_name(rng: random.Random, *, woman: bool, born: int) -> Written:
    """A given name usual for somebody born in that year."""
    whole, first, second = _GIVEN[woman, 0 if born < 1955 else 1 if born < 2000 else 2]
    if rng.random() < 0.35:
        return rng.choice(whole)
    one, other = rng.choice(first), rng.choice(second)
    return Written(one.text + other.text, one.reading + other.reading)


def foreign_name(rng: random.Random) -> Foreign:
    """Letters as in the passport for most, kanji and often a 通称 for people from China and Korea."""
    kind = rng.random()
    if kind < 0.45:
        families, givens = _CHINESE if kind < 0.3 else _KOREAN
        one, other = rng.choice(families), rng.choice(givens)
        known_as = surname(rng).text + "\u3000" + given_name(rng, woman=rng.random() < 0.5, born=1980).text
        return Foreign(
            Written(f"{one.text}\u3000{other.text}", f"{one.reading}\u3000{other.reading}"),
            known_as if rng.random() < (0.1 if kind < 0.3 else 0.8) else None,
            "中国" if kind < 0.3 else "韓国",
            has_reading=True,
        )
    country, surnames, names = rng.choice(_ABROAD)
    name = f"{rng.choice(surnames.split())} {rng.choice(names.split('|'))}"
    return Foreign(Written(name, ""), None, country, has_reading=False)


def _shaped(text: str, rng: random.Random) -> str:
    shaped = "".join(rng.choice(_SHAPES.get(letter, letter)) for letter in text)
    for letter, sequence in _SEQUENCES.items():
        if rng.random() < 0.5:
            shaped = shaped.replace(letter, sequence)
    return shaped
