"""Words that name days, in the languages people write in: the vocabulary of `tokens`. Data only.

Words follow their code and value; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

M month, `a` one that needs a day, a year or an "in" next to it, `s` a word that usually means something else, `t` nearly always.
R a day counted from today (`h` if the text is French), W weekday from Monday, 0 (`w` needs an "on" or "last"), V a period back in days.
U unit in days: 1, 7, 30, 365. T a number of units, 1000 times the number and the unit. B "ago" before that, G after it, f "a few".
L last, H this, X next or every, D stands before a day, P before a month, S before either, `e` within a date, I a person.
K month after its number, `n` a number before a unit.
"""

from __future__ import annotations

DAY_WORDS = """
M1 january januar jänner janvier enero gennaio janeiro januari styczeń stycznia styczniu январ* січен* січн* ocak* leden ledna lednu
tammikuu* يناير كانون_الثاني जनवरी tháng_1 tháng_một tháng_giêng ιανουαρι* มกราคม ม.ค.
M2 february februar feber février febrero febbraio fevereiro februari luty lutego lutym феврал* лютий лютого лютому şubat* únor*
helmikuu* فبراير شباط फरवरी tháng_2 tháng_hai φεβρουαρι* กุมภาพันธ์ ก.พ.
M3 märz marzo março maart marzec marca marcu март марта марте берез* březen březn* maaliskuu* مارس آذار मार्च maret marts tháng_3
tháng_ba μαρτι* มีนาคม มี.ค.
M4 april avril abril aprile kwiecień kwietnia kwietniu апрел* квітен* квітн* nisan* duben dubn* huhtikuu* أبريل نيسان अप्रैल tháng_4
tháng_tư απριλι* เมษายน เม.ย.
M5 maggio maio май травен* травн* mayıs* květen květn* toukokuu* مايو أيار मई tháng_5 tháng_năm μαιου พฤษภาคม พ.ค.
M6 june juni juin junio giugno junho czerwiec czerwca czerwcu июнь июня июне червен* червн* haziran* červen června červnu kesäkuu* يونيو
حزيران जून tháng_6 tháng_sáu ιουνι* มิถุนายน มิ.ย.
M7 july juli juillet julio luglio julho lipiec lipca lipcu июль июля июле липен* липн* temmuz* červenec července červenci heinäkuu*
يوليو تموز जुलाई tháng_7 tháng_bảy ιουλι* กรกฎาคม ก.ค.
M8 august août agosto augustus augusti agustus sierpień sierpnia sierpniu август* серпен* серпн* ağustos* srpen srpn* elokuu* أغسطس آب
अगस्त tháng_8 tháng_tám αυγουστ* สิงหาคม ส.ค.
M9 september septembre septiembre setiembre settembre setembro wrzesień września wrześniu сентябр* верес* eylül* září syyskuu* سبتمبر
أيلول सितंबर सितम्बर tháng_9 tháng_chín σεπτεμβρι* กันยายน ก.ย.
M10 october oktober octobre octubre ottobre outubro październik* октябр* жовтен* жовтн* ekim* říjen říjn* lokakuu* أكتوبر تشرين_الأول
अक्टूबर अक्तूबर tháng_10 tháng_mười οκτωβρι* ตุลาคม ต.ค.
M11 november novembre noviembre novembro listopad* ноябр* листопад* kasım* marraskuu* نوفمبر تشرين_الثاني नवंबर नवम्बर tháng_11
tháng_mười_một νοεμβρι* พฤศจิกายน พ.ย.
M12 december dezember décembre diciembre dicembre dezembro desember grudzień grudnia grudniu декабр* груден* грудн* aralık* prosinec
prosin* joulukuu* ديسمبر كانون_الأول दिसंबर दिसम्बर tháng_12 tháng_mười_hai tháng_chạp δεκεμβρι* ธันวาคม ธ.ค.
a1 jan ene genn sty янв oca
a2 feb fév févr fev febbr lut фев февр şub
a3 mrz mrt мар
a4 apr avr abr kwi апр nis
a5 mai mei mayo maja мая мае maj maju
a6 jun июн
a7 jul juil июл
a8 aug авг agu agt ağu
a9 sep sept wrz сен сент eyl
a10 oct okt paź окт
a11 nov ноя нояб kas
a12 dec déc dez des dic gru дек
s3 march mar mars mart
s5 may
t1 gen
t5 mag
t6 giu haz
t7 lug
t9 set
t10 out ott eki
g8 ago
R0 today heute aujourd_hui hoy oggi hoje vandaag dziś dzisiaj сегодня сьогодні bugün idag i_dag dnes اليوم आज hôm_nay hari_ini σημερα
tänään 今日 きょう 今朝 本日 今天 今早 今晚 오늘 วันนี้ this_morning this_afternoon this_evening tonight esta_mañana esta_tarde
esta_noche stamattina stasera vanmorgen vanochtend vanavond i_morse bu_sabah sáng_nay pagi_ini ce_matin ce_soir
R-1 yesterday gestern ayer ieri ontem gisteren wczoraj вчера вчора dün igår i_går včera أمس امبارح البارحة कल hôm_qua kemarin χθες χτες
eilen 昨日 きのう 昨夜 昨晩 昨天 昨晚 어제 เมื่อวาน เมื่อวานนี้ last_night last_evening anoche gisteravond tối_qua đêm_qua tadi_malam
semalam
h-1 hier
R-2 day_before_yesterday vorgestern avant_hier anteayer antier antes_de_ayer altro_ieri avantieri l_altro_ieri anteontem antes_de_ontem
eergisteren przedwczoraj позавчера позавчора evvelsi_gün önceki_gün förrgår i_förrgår forgårs i_forgårs předevčírem أول_أمس أول_من_أمس
أمس_الأول परसों hôm_kia kemarin_lusa kemarin_dulu dua_hari_yang_lalu προχθες toissapäivänä 一昨日 おととい 前天 그저께 그제 เมื่อวานซืน
R-3 大前天 그끄저께
W0 monday montag lundi lunes lunedì segunda_feira maandag poniedziałek понедельник понеділок pazartesi måndag måndags mandag pondělí
الاثنين सोमवार senin δευτερα 月曜日 月曜 星期一 周一 礼拜一 월요일 วันจันทร์ thứ_hai
W1 tuesday dienstag mardi martes martedì terça_feira dinsdag wtorek вторник вівторок salı_günü tisdag tisdags tirsdag úterý الثلاثاء
मंगलवार selasa τριτη 火曜日 火曜 星期二 周二 礼拜二 화요일 วันอังคาร thứ_ba
W2 wednesday mittwoch mercredi miércoles mercoledì quarta_feira woensdag środa środę среду среда середу çarşamba onsdag onsdags středa
středu الأربعاء बुधवार rabu τεταρτη 水曜日 水曜 星期三 周三 礼拜三 수요일 วันพุธ thứ_tư
W3 thursday donnerstag jeudi jueves giovedì quinta_feira donderdag czwartek четверг четвер perşembe torsdag torsdags čtvrtek الخميس
गुरुवार बृहस्पतिवार kamis πεμπτη 木曜日 木曜 星期四 周四 礼拜四 목요일 วันพฤหัสบดี วันพฤหัส thứ_năm
W4 friday freitag vendredi viernes venerdì sexta_feira vrijdag piątek пятница пятницу п_ятницю cuma_günü fredag fredags pátek الجمعة
शुक्रवार jumat παρασκευη 金曜日 金曜 星期五 周五 礼拜五 금요일 วันศุกร์ thứ_sáu
W5 saturday samstag sonnabend samedi sábado sabato zaterdag sobota sobotę суббота субботу суботу cumartesi lördag lördags lørdag sobotu
السبت शनिवार sabtu σαββατο 土曜日 土曜 星期六 周六 礼拜六 토요일 วันเสาร์ thứ_bảy
W6 sunday sonntag dimanche domingo domenica zondag niedziela niedzielę воскресенье неділю pazar_günü söndag söndags søndag neděle neděli
الأحد रविवार इतवार hari_minggu κυριακη 日曜日 日曜 星期天 星期日 周日 周天 礼拜天 일요일 วันอาทิตย์ chủ_nhật
w0 mon segunda
w1 tue tues terça salı
w2 wed quarta
w3 thu thur thurs quinta
w4 fri sexta cuma
w5 sat
w6 sun pazar
V-7 先週 上周 上星期 上礼拜 上個星期 上个星期 上个礼拜 지난주 저번주
V-14 先々週 上上周 지지난주 vorletzte_woche
V-30 先月 上月 上个月 上個月 지난달
V-60 先々月 上上个月
V-365 去年 昨年 작년 지난해
V7 今週 这周 本周 这星期 这个星期 이번주
V30 今月 本月 这个月 이번달
V365 今年 올해
U1 day days tag tage tagen jour jours día días giorno giorni dia dias dag dagen dagar dage dzień dni день дня дней днів дні gün den dny
dnů dnem يوم أيام दिन दिनों ngày hari μερες μερα päivää 日 日間 天 号 號 일 วัน
U7 week weeks woche wochen semaine semaines semana semanas settimana settimane weken tydzień tygodni* недел* тижд* тижн* hafta vecka
veckor veckan uge uger uke uker týden týdn* أسبوع الأسبوع أسابيع हफ्ते हफ्ता सप्ताह tuần minggu pekan εβδομαδα εβδομαδες viikko* 週間 週 周
星期 礼拜 주 주일 สัปดาห์ อาทิตย์
U30 month months monat monate monaten mois mes meses mese mesi mês maand maanden miesiąc* miesięcy месяц* місяц* ay månad* måned* měsíc*
شهر الشهر أشهر شهور महीने महीना महीनों माह tháng bulan μηνα μηνες kuukau* ヶ月 か月 カ月 ケ月 个月 個月 달 개월 เดือน
U365 年 년 year years jahr jahre jahren an ans année années ano anos año años anno anni jaar rok lata lat год года лет году рік роки
років yil
yıl sene år året rokem سنة السنة سنوات عام العام साल वर्ष năm tahun χρονια χρονο vuosi vuotta vuonna 年間 해 ปี
T1001 sehari 하루
T2001 يومين 이틀
T3001 사흘
T4001 나흘
T5001 닷새
T10001 열흘
T1007 seminggu sepekan
T2007 أسبوعين fortnight
T1030 sebulan
T2030 شهرين
T1365 setahun
T2365 سنتين عامين
f4 few a_few several paar ein_paar einigen quelques unos unas algunos algunas qualche alguns algumas uns umas een_paar enkele kilka
несколько кілька birkaç några nogle noen pár několika بضعة कुछ beberapa vài mấy μερικες muutama 数 几 幾 몇 ไม่กี่
B0 vor hace il_y_a há faz före för před منذ قبل πριν
G0 fa atrás geleden temu назад тому önce evvel sedan siden पहले sitten yang_lalu 前 前に 以前 之前 전 ที่แล้ว ก่อน
L1 last past previous letzt* vergangen* vorige* dernier* dernière* passé passée pasad* últim* scors* passat* passad* ultim* afgelopen
zeszł* ubiegł* ostatni* прошл* минул* geçen förra förre forrige sidste minulý minulém minulou minulého الماضي الماضية الفائت الفائتة
पिछले पिछली पिछला trước lalu περασμεν* προηγουμεν* viime 去 上 上个 上個 先 지난 저번
H0 this diese* cette ce est* quest* questo neste nesta deze dit tym ten этой этом эту этот цього bu denna detta den_här denne dette
tento tomto हذا هذه इस này ini αυτη* tällä 이번 นี้
X0 next every each nächst* kommend* jede* prochain* chaque próxim* prossim* cada todos todas ogni volgende elke następn* przyszł* każd*
следующ* кажд* gelecek her näst* varje příšt* každ* القادم القادمة كل अगले अगली हर sau tới mỗi depan setiap 下 下个 下周 下星期 来週
来月 来年 每 毎週 毎 다음 매주 매 หน้า ทุก
D0 on am vom zum den der dem au el al il dal dall op dnia dne tarihinde ngày tanggal no dia ng em na del
P0 in im en nel nell i w v во в fi في pe bulan
S0 since until till from by after before during between around seit bis ab nach depuis jusqu avant après pendant entre desde hasta antes
después durante depois dalla fino prima dopo sinds tot vanaf voor od do po с до после от від після från till innan efter منذ حتى بعد
से तक từ đến sejak sampai hingga dari early late mid anfang mitte ende début fin
e0 of de di d des do da le la the l van du r г р года року roku ayının ki ke की का के го е лa の
I0 i you we he she it they who which that ich wir
K0 月 월
n1 one a an ein* un une uno una um uma een jeden jedn* один одна одну bir en ett et واحد एक một satu ένα μια yksi 한
n2 two zwei deux dos due dois duas twee dwa dwie dwoma два две дві iki två to dva dvě dvěma اثنين दो hai dua δυο kaksi 兩 两 두 이
couple couple_of a_couple_of
n3 three drei trois tres tre três drie trzy trzema три üç tři třemi ثلاثة ثلاث तीन ba tiga τρεις kolme 세 삼
n4 four vier quatre cuatro quattro quatro cztery четыре чотири dört fyra fire čtyři čtyřmi أربعة أربع चार bốn empat τεσσερις neljä 네 사
n5 five fünf cinq cinco cinque vijf pięć пять beş fem pět pěti خمسة خمس पांच पाँच năm lima πεντε viisi 다섯 오
n6 six sechs seis sei zes sześć шесть шість altı sex seks šest šesti ستة ست छह छः sáu enam εξι kuusi 여섯 육
n7 seven sieben sept siete sette sete zeven siedem семь сім yedi sju syv sedm sedmi سبعة سبع सात bảy tujuh επτα seitsemän 일곱 칠
n8 eight acht huit ocho otto oito osiem восемь вісім sekiz åtta otte osm osmi ثمانية ثماني आठ tám delapan οκτω kahdeksan 여덟 팔
n9 nine neun neuf nueve nove negen dziewięć девять dokuz nio ni devět devíti تسعة تسع नौ chín sembilan εννεα yhdeksän 아홉 구
n10 ten zehn dix diez dieci dez tien dziesięć десять on tio ti deset deseti عشرة عشر दस mười sepuluh δεκα kymmenen 열 십
n11 eleven elf onze once undici jedenaście одиннадцать on_bir elva elleve jedenáct ग्यारह mười_một sebelas
n12 twelve zwölf douze doce dodici doze twaalf dwanaście двенадцать on_iki tolv dvanáct बारह mười_hai dua_belas
"""
