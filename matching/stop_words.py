"""Which words carry no subject? Function words of the six languages, nothing of the field itself.

Data only. The lists are ours and short on purpose: a rare word that says little is already weighted down
by its frequency, so only words that join others, ask or point stand here. Words are written as
`matching.text` compares them: case-folded; Arabic after its letter forms are made one.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
    a about above after again against all also although am among an and any are as at be because been
    before being below between both but by can cannot could did do does doing done down during each
    either else ever every few for from further get had has have having he hence her here hers herself
    him himself his how however i if in into is it its itself just least less let many may me might more
    moreover most much must my myself neither no nor not now of off often on once one only onto or other
    others ought our ours ourselves out over own per perhaps rather same shall she should since so some
    such than that the their theirs them themselves then there thereby therefore these they this those
    though through throughout thus to together too toward towards under until up upon us very via was we
    well were what whatever when where whereas wherein whether which while who whom whose why will with
    within without would yet you your yours yourself yourselves
    """
)

FRENCH = _words(
    """
    a afin ai ainsi alors apres après au aucun aucune aujourd auquel aussi autour autre autres aux
    auxquelles auxquels avaient avait avant avec avoir ayant c car ce ceci cela celle celles celui
    cependant certain certaine certaines certains ces cet cette ceux chacun chacune chaque chez ci
    combien comme comment contre d dans de depuis des desquels deux devant doit doivent donc dont du
    durant elle elles en encore entre es est et etaient etait etant ete etre eu eux faire fait faut fois
    font fut hors hui il ils j je jusqu l la laquelle le lequel les lesquelles lesquels leur leurs lors
    lorsque lui m ma mais me mes moi moins mon même mêmes n ne ni non nos notre nous nouveau on ont ou
    où par parce parmi pas pendant peu peut peuvent plus plusieurs pour pourquoi pouvoir près puis qu
    quand que quel quelle quelles quelque quelques quels qui quoi s sa sans se selon sera seront ses si
    sinon soi soit son sont sous sur t ta tandis te tel telle telles tels tes toi ton tous tout toute
    toutefois toutes très tu un une vers via voici voilà vont vos votre vous y à étaient était étant été
    être
    """
)

SPANISH = _words(
    """
    a acerca además ahora al algo alguna algunas alguno algunos algún allí ante antes aquel aquella
    aquellas aquello aquellos aquí así aun aunque aún bajo bien cada casi como con contra cual cuales
    cualquier cuando cuanto cuya cuyas cuyo cuyos cuál cuáles cuándo cuánto cuántos cómo de debe deben
    debido del desde después donde dos durante dónde e el ella ellas ello ellos en entre era eran es esa
    esas ese eso esos esta estaba estaban estado estamos estar estas este esto estos está están fue
    fueron ha haber había habían hace hacen hacer hacia han hasta hay incluso la las le les lo los luego
    mas me mediante menos mi mientras mis mucho muchos muy más mí ni no nos nosotros nuestra nuestras
    nuestro nuestros o otra otras otro otros para pero poco por porque puede pueden pues que quien
    quienes quién qué se sea sean según ser si sido siempre sin sino sobre solo son su sus sí sólo tal
    tales también tampoco tan tanto te tener tiene tienen toda todas todo todos tras tu tus un una unas
    uno unos usted ustedes va varias varios y ya yo él
    """
)

RUSSIAN = _words(
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

ARABIC = _words(
    """
    ا اثناء اذ اذا الا التي الذي الذين اللاتي اللتان اللذان اللواتي الي اليه اليها اليهم ام اما امام ان
    انا انت انتم انما انه انها انهم اي ايا ايضا اين بان بحيث بد بسبب بشان بعد بعض بل بما بن به بها بهذا
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

STOP_WORDS = {"ar": ARABIC, "en": ENGLISH, "es": SPANISH, "fr": FRENCH, "ru": RUSSIAN}
"""Language code to its function words; Chinese has characters instead."""
