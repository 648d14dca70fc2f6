"""Which words carry no subject? Function words of the six languages, nothing of the field itself.

Data only. The lists are ours and short on purpose: a rare word that says little is already weighted down
by its frequency, so only words that join others, ask or point stand here. Words are written as
`matching.text` compares them: case-folded; Arabic after its letter forms are made one.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, for lists that are easy to read."""
    return frozenset(text.split())


ENGLISH = words(
    """
    a about above after again against all also although am among an and any are as at be because been
    before being below between both but by can cannot could did do does doing done down during each
    either else ever every few for from further get had has have having he hence her here hers herself
    him himself his how however i if in into is it its itself just less let many may me might more
    moreover most much must my myself neither no nor not now of off often on once one only onto or other
    others ought our ours ourselves out over own per perhaps rather same shall she should since so some
    such than that the their theirs them themselves then there thereby therefore these they this those
    though through throughout thus to together too toward towards under until up upon us very via was we
    well were what whatever when where whereas wherein whether which while who whom whose why will with
    within without would yet you your yours yourself yourselves
    """
)

FRENCH = words(
    """
    a afin ai ainsi alors apres après au aucun aucune aujourd auquel aussi autour autre autres aux
    auxquelles auxquels avaient avait avant avec avoir ayant c car ce ceci cela celle celles celui
    cependant certain certaine certaines certains ces cet cette ceux chacun chacune chaque chez ci
    combien comme comment contre d dans de depuis des desquels deux devant doit doivent donc dont du
    durant elle elles en encore entre es est et etaient etait etant ete etre eu eux faire fait faut fois
    font fut hors hui il ils j je jusqu l la laquelle le lequel les lesquelles lesquels leur leurs lors
    lorsque lui m ma mais me mes moi moins mon même mêmes n ne ni non nos notre nous on ont ou
    où par parce parmi pas pendant peu peut peuvent plus plusieurs pour pourquoi pouvoir près puis qu
    quand que quel quelle quelles quelque quelques quels qui quoi s sa sans se selon sera seront ses si
    sinon soi soit son sont sous sur t ta tandis te tel telle telles tels tes toi ton tous tout toute
    toutefois toutes très tu un une vers via voici voilà vont vos votre vous y à étaient était étant été
    être
    """
)

SPANISH = words(
    """
    a acerca además ahora al algo alguna algunas alguno algunos algún allí ante antes aquel aquella
    aquellas aquello aquellos aquí así aun aunque aún bajo bien cada casi como con contra cual cuales
    cualquier cuando cuanto cuya cuyas cuyo cuyos cuál cuáles cuándo cuánto cuántos cómo de debe deben
    debido del desde después donde dos durante dónde e el ella ellas ello ellos en entre era eran es esa
    esas ese eso esos esta estaba estaban estamos estar estas este esto estos está están fue
    fueron ha haber había habían hace hacen hacer hacia han hasta hay incluso la las le les lo los luego
    mas me mediante menos mi mientras mis mucho muchos muy más mí ni no nos nosotros nuestra nuestras
    nuestro nuestros o otra otras otro otros para pero poco por porque puede pueden pues que quien
    quienes quién qué se sea sean según ser si sido siempre sin sino sobre solo son su sus sí sólo tal
    tales también tampoco tan tanto te tener tiene tienen toda todas todo todos tras tu tus un una unas
    uno unos usted ustedes va varias varios y ya yo él
    """
)

RUSSIAN = words(
    """
    а без более больше был была были было быть в вам вас весь во вот все всего всем всеми всех всю вся
    вы где да даже для до его ее ей ему если есть еще же за зачем здесь и из или им ими их к каждая
    каждый как какая какие каким каких какой какую когда кого кому которая которого которое которой
    которому которую которые который которым которых кроме кто куда ли либо между менее меня мне много
    мной могут может можно мой моя мы на над надо наш наша наше наши не него нее ней нем нет ни ним ними
    них но ну о об обе однако он она они оно от очень по под после поэтому при про раз с сам сама сами
    само свое своего своей свои своим своих свой своя себе себя со так такая также такие такого такой
    там те тем тех то того тоже той только том тому тот ту ты у уже хотя чего чей чем через что чтоб
    чтобы чье чья эта эти этим этих это этого этой этом этот эту я является являются
    """
)

ARABIC = words(
    """
    ا اثناء اذ اذا الا التي الذي الذين اللاتي اللتان اللذان اللواتي الي اليه اليها اليهم ام اما امام ان
    انا انت انتم انما انه انها انهم او اي ايا ايضا اين بان بحيث بد بسبب بشان بعد بعض بل بما بن به بها بهذا
    بهذه بهم بين بينما بينهم تجاه تحت تكون تلك تم ثم جدا جميع حتي حول حيث حين خلال دون ذات ذلك ذو رغم
    سواء سوف سوي ضد ضمن ضمنها عبر عدا عدم علي عليه عليها عليهم عما عن عند عندما عنه عنها غير فان فقد فقط
    فهو فهي في فيما فيه فيها فيهم قبل قد كان كانت كانوا كذلك كل كلا كم كما كون كي كيف لا لان لدي لديه
    لديها لذلك لعل لقد لكل لكن لكي لم لما لماذا لن لنا له لها لهذا لهذه لهم لو لوجود ليس ليست ما ماذا
    متي مثل مثلا مع معظم معه معها من منذ منه منها منهم مهما نحن نحو نفس نفسه نفسها هؤلاء هذا هذان هذه
    هكذا هل هم هما هن هنا هناك هو هي و والتي والذي وان وعلي وفي وقد وكان وكانت ولا ولم وليس وما ومع ومن
    وهذا وهذه وهو وهي يتم يجب يكن يكون يمكن
    """
)

CHINESE_CHARACTERS = frozenset(
    "与且个为之也了于些从以们但其则到又及向吗吧呢和哪啊嘛在对将就并很或把是由的着等而被让过还这那都"
)
"""Characters that join words: a run of Chinese is cut at them, so no pair of characters spans one."""

CHINESE_COMPOUNDS = words(
    """
    与会 中等 为止 也门 了解 京都 人为 从业 从事 从属 以往 以来 以色列 作为 倾向 偿还 共和 其他 其余 内在
    准则 初等 到期 原则 参与 反对 取向 合并 向导 向日葵 否则 吸着 和平 和田 和睦 和谐 固着 土耳其 在地 在线
    在职 均等 埃及 外向 外在 存在 定向 对口 对外 对岸 对抗 对数 对比 对流 对照 对等 对策 对虾 对话 对象
    导向 将军 将来 尤其 就业 就医 就地 就学 就绪 就近 平等 并发 并网 并行 应对 归还 成就 成都 所在 把关
    把握 授与 方向 旨在 普及 服从 极其 标的 植被 横向 沉着 法则 涉及 温和 潜在 现在 理由 由来 目的 盲从
    相对 相等 着力 着手 着生 着眼 着重 着陆 等于 等效 等级 纵向 细则 绝对 缓和 网吧 自由 行为 被动 覆被
    规则 让步 讲和 超过 趋向 转向 转让 过剩 过去 过度 过敏 过渡 过滤 过程 还原 还林 还湿 还草 造就 都市
    酒吧 针对 附着 难以 面向 面对 饱和 首都 高等
    """
)
"""Words that hold such a character as a part of their own: a run is not cut inside them."""

STOP_WORDS = {"ar": ARABIC, "en": ENGLISH, "es": SPANISH, "fr": FRENCH, "ru": RUSSIAN}
"""Language code to its function words; Chinese has characters instead."""
