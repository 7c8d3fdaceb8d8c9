"""Which resident a card stands for (シリアル番号の紐付け), and how a card becomes somebody's."""
