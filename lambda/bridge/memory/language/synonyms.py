"""English words that stand for one another when somebody asks about what was said: "pets" for a turtle, "bought" for "buy". Data only.

A question names the kind ("What sports does she do?"), the answer names the thing ("I went surfing"). The groups are everyday ones, chosen
for the subjects people talk about, not for any data set. Text in other languages is not harmed by them: it merely has none.
"""

from __future__ import annotations

IRREGULAR = """
be was were been | become became | begin began begun | bite bitten | blow blew blown | break broke broken | bring brought | build built
buy bought | catch caught | choose chose chosen | come came | draw drew drawn | drink drank drunk | drive drove driven | eat ate eaten
fall fell fallen | feel felt | feed fed | fight fought | find found | fly flew flown | forget forgot forgotten | forgive forgave
freeze froze frozen | get got gotten | give gave given | go went gone | grow grew grown | hang hung | hear heard | hide hidden
hold held | keep kept | know knew known | lead led | leave left | lend lent | lose lost | make made | mean meant | meet met | pay paid
ride rode ridden | ring rang rung | rise rose risen | run ran | say said | see saw seen | sell sold | send sent | shake shook shaken
shine shone | shoot shot | sing sang sung | sink sank sunk | sit sat | sleep slept | speak spoke spoken | spend spent | stand stood
steal stole stolen | swim swam swum | take took taken | teach taught | tear tore torn | tell told | think thought | throw threw thrown
understand understood | wake woke woken | wear wore worn | win won | write wrote written | child children kid kids | man men
woman women | foot feet | tooth teeth | mouse mice | person people | life lives | wife wives | knife knives | leaf leaves | shelf shelves
"""
"""Base form first; groups end at `|` or at the end of a line."""

KINDS = """
job work career profession employment occupation hire boss company office colleague
hobby interest activity pastime enjoy fun leisure
pet dog cat puppy kitten turtle hamster rabbit parrot fish animal
family mother mom father dad parent sister brother son daughter husband wife cousin aunt uncle grandmother grandfather sibling
friend buddy pal mate
child baby toddler son daughter
partner husband wife boyfriend girlfriend spouse marry wedding engaged relationship single divorce breakup
food dish meal dinner lunch breakfast cook recipe bake eat restaurant cuisine snack dessert
dessert cake cookie chocolate pie sweet
drink coffee tea beer wine juice
sport soccer football basketball tennis baseball hockey swim run yoga gym surf ski golf
exercise workout gym run yoga train fitness
music song band concert album sing tune guitar piano violin drum instrument play
art paint drawing sculpture gallery artist creative pottery
book novel read author story literature series
movie film cinema watch series show actor
game play video console tournament
travel trip visit vacation holiday journey tour abroad fly flight
country city town state nation place
nature outdoors hike camp forest mountain beach park lake river
home house apartment flat room move live
car vehicle drive bike truck bus train
school college university class course degree study student education teacher learn exam
health doctor hospital sick illness disease medical therapy pain injury hurt
mental stress anxiety depression relax calm therapy
money pay cost price budget salary afford cheap expensive loan debt finance
buy purchase shop store order get
sell market customer client business sale
win victory award prize trophy champion achieve success
lose fail setback
happy joy glad excited thrilled delighted
sad upset cry grief depressed
angry mad furious annoyed
scared afraid fear nervous anxious worry
love like adore favorite enjoy prefer
hate dislike
give gift present donate
help support assist volunteer charity donate community
start begin launch open found
end finish complete quit stop
plan goal dream hope intend want future
idea inspire motivate
meet encounter meetup
talk speak say tell discuss chat conversation speech
make create build design craft produce
fix repair mend
photo picture pic image camera photograph
event festival party celebration parade conference fair
birthday anniversary celebrate party
religion church faith god pray spiritual
politics election vote government president campaign
war military army veteran soldier
clothes dress shirt shoes wear fashion outfit jewelry
color blue red green yellow purple pink
computer laptop software program code app website internet
phone call mobile text
weather rain snow storm sun
year month week day date
old age young birthday
name call nickname
problem issue trouble difficulty challenge obstacle error bug
big large huge
small little tiny
beautiful pretty gorgeous lovely
important significant meaningful essential
reason cause motivate
type kind sort
recommend suggest advise advice tip
remember memory remind recall
improve better grow develop progress
allergy
"""
"""One group a line; a word may be in several."""

STOP_WORDS = """
a about am an and are as at be because been being but by can could d did do does doing down for from had has have having he her here hers
him his how i if in into is it its just ll m may me might mine must my no nor not of off on or our out over re s shall she should so t than
that the their them then there these they this those to too up us ve very was we were what when where which while who whom whose why will
with would you your
"""
"""Words that say nothing about the subject: not indexed."""
