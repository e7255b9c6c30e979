//! Languages as BCP 47 has them, so that `eng`, `EN` and `en` are one.

use std::fmt;
use std::str::FromStr;

/// Characters of a tag at most; the longest that is registered has 35.
const MAX_CHARS: usize = 35;

/// A tag in its one spelling: the shortest code, `en-US`, `zh-Hant`; `und` for unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag (BCP 47) such as en, pt-BR or zh-Hant")]
pub struct InvalidLanguage;

impl Language {
    /// The tag for a language nobody has named.
    #[must_use]
    pub fn unknown() -> Self {
        Self("und".to_owned())
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What its speakers call it, where that is known here; else the tag.
    #[must_use]
    pub fn name(&self) -> &str {
        let own = NAMES.iter().find(|(code, _)| *code == self.0);
        own.map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, InvalidLanguage> {
        let mut parts = text.split('-');
        let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_primary =
            matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
        if text.len() > MAX_CHARS || !is_primary {
            return Err(InvalidLanguage);
        }
        let mut tag = shortest(&primary).to_owned();
        let mut is_free = false;
        for part in parts {
            if !(1..=8).contains(&part.len()) || !part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(InvalidLanguage);
            }
            tag.push('-');
            tag.push_str(&spelled(part, is_free));
            // What follows a single letter is an extension, with rules of its own.
            is_free |= part.len() == 1;
        }
        if text.rsplit('-').next().is_some_and(|last| last.len() == 1) {
            return Err(InvalidLanguage);
        }
        Ok(Self(tag))
    }
}

/// `Latn` for a script, `BR` for a region, all else in small letters.
fn spelled(part: &str, is_free: bool) -> String {
    let small = part.to_ascii_lowercase();
    let is_letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
    match part.len() {
        2 if is_letters && !is_free => part.to_ascii_uppercase(),
        4 if is_letters && !is_free => small[..1].to_ascii_uppercase() + &small[1..],
        _ => small,
    }
}

/// The code of two letters where there is one: files say `eng` or `ger`.
fn shortest(primary: &str) -> &str {
    let mut codes = SHORT.split_ascii_whitespace().filter_map(|pair| pair.split_once('='));
    codes.find(|(long, _)| *long == primary).map_or(primary, |(_, short)| short)
}

/// Codes of ISO 639-2, of both kinds, with those of ISO 639-1.
const SHORT: &str = "\
    aar=aa abk=ab ave=ae afr=af aka=ak amh=am arg=an ara=ar asm=as ava=av aym=ay aze=az bak=ba bel=be bul=bg bih=bh \
    bis=bi bam=bm ben=bn bod=bo tib=bo bre=br bos=bs cat=ca che=ce cha=ch cos=co cre=cr ces=cs cze=cs chu=cu chv=cv \
    cym=cy wel=cy dan=da deu=de ger=de div=dv dzo=dz ewe=ee ell=el gre=el eng=en epo=eo spa=es est=et eus=eu baq=eu \
    fas=fa per=fa ful=ff fin=fi fij=fj fao=fo fra=fr fre=fr fry=fy gle=ga gla=gd glg=gl grn=gn guj=gu glv=gv hau=ha \
    heb=he hin=hi hmo=ho hrv=hr hat=ht hun=hu hye=hy arm=hy her=hz ina=ia ind=id ile=ie ibo=ig iii=ii ipk=ik ido=io \
    isl=is ice=is ita=it iku=iu jpn=ja jav=jv kat=ka geo=ka kon=kg kik=ki kua=kj kaz=kk kal=kl khm=km kan=kn kor=ko \
    kau=kr kas=ks kur=ku kom=kv cor=kw kir=ky lat=la ltz=lb lug=lg lim=li lin=ln lao=lo lit=lt lub=lu lav=lv mlg=mg \
    mah=mh mri=mi mao=mi mkd=mk mac=mk mal=ml mon=mn mar=mr msa=ms may=ms mlt=mt mya=my bur=my nau=na nob=nb nde=nd \
    nep=ne ndo=ng nld=nl dut=nl nno=nn nor=no nbl=nr nav=nv nya=ny oci=oc oji=oj orm=om ori=or oss=os pan=pa pli=pi \
    pol=pl pus=ps por=pt que=qu roh=rm run=rn ron=ro rum=ro rus=ru kin=rw san=sa srd=sc snd=sd sme=se sag=sg sin=si \
    slk=sk slo=sk slv=sl smo=sm sna=sn som=so sqi=sq alb=sq srp=sr ssw=ss sot=st sun=su swe=sv swa=sw tam=ta tel=te \
    tgk=tg tha=th tir=ti tuk=tk tgl=tl tsn=tn ton=to tur=tr tso=ts tat=tt twi=tw tah=ty uig=ug ukr=uk urd=ur uzb=uz \
    ven=ve vie=vi vol=vo wln=wa wol=wo xho=xh yid=yi yor=yo zha=za zho=zh chi=zh zul=zu";

/// What speakers call their language.
const NAMES: [(&str, &str); 40] = [
    ("ar", "العربية"),
    ("bg", "Български"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("es", "Español"),
    ("et", "Eesti"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hr", "Hrvatski"),
    ("hu", "Magyar"),
    ("id", "Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("ms", "Melayu"),
    ("nb", "Norsk bokmål"),
    ("nl", "Nederlands"),
    ("no", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("pt-BR", "Português (Brasil)"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sv", "Svenska"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
    ("und", "Unknown"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_language_has_one_spelling() {
        let spelled = |text: &str| text.parse().map(|language: Language| language.to_string());
        for (text, tag) in [
            ("en", "en"),
            ("ENG", "en"),
            ("ger", "de"),
            ("deu", "de"),
            ("pt-br", "pt-BR"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-1996", "de-1996"),
            ("en-x-US", "en-x-us"),
            ("gsw", "gsw"),
            ("und", "und"),
        ] {
            assert_eq!(spelled(text).as_deref(), Ok(tag), "{text}");
        }
        let wrong = [
            "", "e", "english", "en-", "-en", "en--us", "en_US", "en us", "en-x", "é", "12", "en/..", "en\"",
        ];
        for text in wrong.into_iter().chain(["en-aaaaaaaaa", "en-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa"]) {
            assert_eq!(spelled(text), Err(InvalidLanguage), "{text}");
        }
    }

    #[test]
    fn a_language_is_called_as_its_speakers_call_it_where_that_is_known() {
        let name = |text: &str| text.parse::<Language>().expect("a tag").name().to_owned();
        assert_eq!(
            ["fra", "pt-BR", "en-GB", "gsw", "und"].map(name),
            ["Français", "Português (Brasil)", "en-GB", "gsw", "Unknown"]
        );
    }

    #[test]
    fn every_code_of_two_letters_is_one_of_itself() {
        for (long, short) in SHORT.split_ascii_whitespace().filter_map(|pair| pair.split_once('=')) {
            assert_eq!((long.len(), short.len(), shortest(short)), (3, 2, short), "{long}");
        }
    }
}
