"""Words that name days, in the languages people write in: the vocabulary of `day_tokens`. Data only.

Words follow their code and value; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

M month, `a` one that needs a day, a year or an "in" next to it, `s` a word that usually means something else, `t` nearly always.
R a day counted from today (`h` if the text is French), W weekday from Monday, 0 (`w` needs an "on" or "last"), V a period back, as T.
U unit in days: 1, 7, 30, 365. T a number of units, 1000 times the number and the unit. B "ago" before that, G after it, f "a few".
L last, H this, X next or every, D stands before a day, P before a month, S before either, `e` within a date, I a person.
K month after its number.
"""

from __future__ import annotations

DAY_WORDS = """
=M1 januar* jänner janvier enero gennaio janeiro stycz* январ* ocak* leden ledn* يناير जनवरी tháng_1
=M2 februar* févr* febrero febbraio fever* luty lutego lutym феврал* şubat* únor* فبراير फरवरी tháng_2
=M3 i_mars mart_ayında märz marzo março maart marzec marca marcu март* březen březn* مارس मार्च maret tháng_3
=M4 april* avril abril kwie* апрел* nisan* duben dubn* أبريل अप्रैल tháng_4
=M5 i_maj maggio maio mayıs* květ* مايو मई tháng_5
=M6 june juni* juin giugno junho czerw* июн* haziran* červen června červnu يونيو जून tháng_6
=M7 july juli* juillet luglio julho lipiec lipca lipcu июл* temmuz* července* يوليو जुलाई tháng_7
=M8 august* août agosto sierp* ağustos* srpen srpn* أغسطس अगस्त tháng_8
=M9 septemb* septiemb* setiemb* settemb* setemb* wrze* сентябр* eylül* září سبتمبر सितंबर tháng_9
=M10 octob* oktob* octub* ottob* outub* paździer* октябр* ekim* říj* أكتوبر अक्टूबर tháng_10
=M11 novemb* noviemb* listopad* ноябр* kasım* نوفمبر नवंबर tháng_11
=M12 decemb* dezemb* diciemb* dicemb* desemb* grud* декабр* aralık* prosin* ديسمبر दिसंबर tháng_12
=a1 jan ene янв =a2 feb fév fev фев =a3 mrz mrt мар =a4 apr avr abr апр =a5 mai mei mayo maja мая мае май maj =a6 jun =a7 jul juil
=a8 aug авг =a9 sep sept сен =a10 oct okt окт =a11 nov ноя =a12 dec déc dez des dic дек
=s3 march mar mars mart marts =s5 may =t1 gen =t5 mag =t6 giu =t7 lug =t9 set =t10 out ott =g8 ago
=R0 today heute aujourd_hui hoy oggi hoje vandaag dziś dzisiaj сегодня bugün idag i_dag dnes اليوم आज hôm_nay hari_ini 今日 今朝 今天 오늘
this_morning this_afternoon this_evening tonight
=R-1 yesterday gestern ayer ieri ontem gisteren wczoraj вчера dün igår i_går včera أمس कल hôm_qua kemarin 昨日 きのう 昨夜 昨天 어제
last_night
=R-2 day_before_yesterday vorgestern avant_hier anteayer altro_ieri anteontem eergisteren przedwczoraj позавчера önceki_gün förrgår
předevčírem أول_أمس परसों hôm_kia kemarin_dulu 一昨日 おととい 前天 그저께
=h-1 hier
=W0 monday montag lundi lunes lunedì segunda_feira maandag poniedziałek понедельник pazartesi måndag* 月曜 월요일
=W1 tuesday dienstag mardi martes martedì terça_feira dinsdag wtorek вторник salı_günü tisdag* 火曜 화요일
=W2 wednesday mittwoch mercredi miércoles mercoledì quarta_feira woensdag środę среду çarşamba onsdag* 水曜 수요일
=W3 thursday donnerstag jeudi jueves giovedì quinta_feira donderdag czwartek четверг perşembe torsdag* 木曜 목요일
=W4 friday freitag vendredi viernes venerdì sexta_feira vrijdag piątek пятницу cuma_günü fredag* 金曜 금요일
=W5 saturday samstag samedi sábado sabato zaterdag sobotę субботу cumartesi lördag* sabtu 土曜 토요일
=W6 sunday sonntag dimanche domingo domenica zondag niedzielę воскресенье pazar_günü söndag* 日曜 일요일
=w0 mon segunda =w1 tue terça =w2 wed quarta =w3 thu quinta =w4 fri sexta =w5 sat =w6 sun
=V1007 先週 지난주 =V1030 上个月 上個月 先月 지난달 =V1365 去年 작년 =V7 今週 이번주 =V30 今月 =V365 今年 올해
=U1 day* tag tage tagen jour* día* giorn* dia* dag dagen dagar dni dzień день дня дней gün den dny dnů يوم أيام दिन ngày hari 日 天 号 일
=U7 week* woche* semain* seman* settiman* weken tydz* tygod* недел* hafta veck* týd* أسبوع الأسبوع हफ्ते सप्ताह tuần minggu 週間 週 周 星期
주 주일
=U30 month* monat* mois mes mese mesi meses mês maand* miesiąc* miesięcy месяц* ay månad* měsíc* شهر الشهر أشهر महीने tháng bulan ヶ月
か月 カ月 个月 個月 달 개월
=U365 年 년 year* jahr* an ans ann* año* ano anos jaar rok lata год* лет yıl år سنة साल năm tahun
=T2001 يومين 이틀 =T3001 사흘 =T2030 شهرين
=f4 few a_few several paar ein_paar qualche несколько 数 几
=B0 vor hace il_y_a há för před منذ قبل
=G0 fa atrás geleden temu назад önce sedan पहले yang_lalu 前 以前 之前 전
=L1 last past previous letzt* vergangen* vorige* dernier* dernière* passé* pasad* últim* scors* passat* passad* afgelopen zeszł* прошл*
geçen förra minul* الماضي الماضية पिछले trước lalu 上 上个 지난
=H0 this diese* cette ce est* quest* deze tym этой этом bu denna tento هذا इस này ini 这 这个 이번
=X0 next every each nächst* jede* prochain* chaque próxim* prossim* cada todos todas volgende przyszł* każd* следующ* кажд* näst* každ*
tới 下 下个 来週 每 毎 다음
=D0 on am vom zum den der dem au el al il dal op dne ngày no dia em na del
=P0 in im en em nel w v во в fi في pe bulan
=S0 since until till from by after before during between around seit bis ab nach depuis avant après desde hasta antes después fino dopo
sinds vanaf od do с до после från منذ early late mid
=e0 of de di d des do da le la the l van du r г ki ke की का के го の
=I0 i you we he she it they who which that ich wir
=K0 月 월
"""

NUMBER_WORDS = """
=n1 one a an ein eine einer einem einen un une uno una um uma een jedn* один одну bir en ett واحد एक 한
=n2 two zwei deux dos due dois duas twee dwa dwie два две iki två दो hai dua dvěma 兩 两 두 이 couple couple_of
=n3 three drei trois tres tre três drie trzy три üç ثلاثة ثلاث तीन ba tiga třemi 세 삼
=n4 four vier quatre cuatro quattro quatro cztery четыре dört fyra أربعة أربع चार 네 사
=n5 five fünf cinq cinco cinque vijf pięć пять beş fem خمسة خمس पांच năm lima pěti 다섯 오
=n6 six sechs seis sei zes sześć шесть altı sex ستة छह 여섯 육
=n7 seven sieben sept siete sette sete zeven siedem семь yedi sju سبعة सात 일곱 칠
=n8 eight acht huit ocho otto oito osiem восемь sekiz åtta
=n9 nine neun neuf nueve nove negen dziewięć девять dokuz nio
=n10 ten zehn dix diez dieci dez tien dziesięć десять on tio عشرة दस 열 십
=n11 eleven elf onze once undici =n12 twelve zwölf douze doce dodici doze twaalf
"""
