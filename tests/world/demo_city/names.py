"""Names people have: 氏 and 名 with their readings."""

_SURNAMES = """
佐藤/サトウ 鈴木/スズキ 高橋/タカハシ 田中/タナカ 伊藤/イトウ 渡辺/ワタナベ 山本/ヤマモト 中村/ナカムラ
小林/コバヤシ 加藤/カトウ 吉田/ヨシダ 山田/ヤマダ 佐々木/ササキ 山口/ヤマグチ 松本/マツモト 井上/イノウエ
木村/キムラ 林/ハヤシ 斎藤/サイトウ 清水/シミズ 山崎/ヤマザキ 森/モリ 池田/イケダ 橋本/ハシモト 阿部/アベ
石川/イシカワ 山下/ヤマシタ 中島/ナカジマ 石井/イシイ 小川/オガワ 前田/マエダ 岡田/オカダ 長谷川/ハセガワ
藤田/フジタ 後藤/ゴトウ 近藤/コンドウ 村上/ムラカミ 遠藤/エンドウ 青木/アオキ 坂本/サカモト 斉藤/サイトウ
福田/フクダ 太田/オオタ 西村/ニシムラ 藤井/フジイ 金子/カネコ 岡本/オカモト 藤原/フジワラ 三浦/ミウラ
中野/ナカノ 原田/ハラダ 松田/マツダ 竹内/タケウチ 小野/オノ 中川/ナカガワ 髙橋/タカハシ 山﨑/ヤマサキ
濵田/ハマダ 齋藤/サイトウ 柳澤/ヤナギサワ 渡邊/ワタナベ 富樫/トガシ
"""
# By generation: born before 1955, before 2000, later.
_MEN = (
    "茂/シゲル 勇/イサム 清/キヨシ 実/ミノル 正/タダシ 博/ヒロシ 進/ススム 勝/マサル 昭/アキラ 三郎/サブロウ",
    "誠/マコト 浩/ヒロシ 修/オサム 隆/タカシ 学/マナブ 健一/ケンイチ 大輔/ダイスケ 直樹/ナオキ 哲也/テツヤ 剛/ツヨシ",
    "蓮/レン 湊/ミナト 陽翔/ハルト 律/リツ 蒼/アオ 樹/イツキ 大和/ヤマト 悠真/ユウマ 颯/ハヤテ 陸/リク",
)
_WOMEN = (
    "和子/カズコ 幸子/サチコ 節子/セツコ 千代/チヨ 文子/フミコ トメ/トメ ハル/ハル 京子/キョウコ 洋子/ヨウコ",
    "由美子/ユミコ 真由美/マユミ 明美/アケミ 恵/メグミ 陽子/ヨウコ 愛/アイ 彩/アヤ 麻衣/マイ 智子/トモコ 裕子/ユウコ",
    "陽葵/ヒマリ 凛/リン 紬/ツムギ 結菜/ユイナ 葵/アオイ 芽依/メイ さくら/サクラ 莉子/リコ 美月/ミツキ 心春/コハル",
)


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and readings from `name/reading name/reading …`."""
    return [(name, reading) for name, _, reading in (entry.partition("/") for entry in text.split())]


def given_names(*, woman: bool, born: int) -> list[tuple[str, str]]:
    """Given names usual for someone born in that year, with readings."""
    generation = 0 if born < 1955 else 1 if born < 2000 else 2
    return pairs((_WOMEN if woman else _MEN)[generation])


SURNAMES = pairs(_SURNAMES)
