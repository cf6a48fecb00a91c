//! Names of people, as they are written and as they stand in a principal name.

use fastrand::Rng;

/// Names that occur together, parted by spaces; letters for an address follow a slash where they
/// are not the name itself in lower case.
#[derive(Debug)]
pub(super) struct Culture {
    pub(super) order: Order,
    given: &'static str,
    surnames: &'static str,
}

/// How a full name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    GivenFirst,
    /// Surname first and without a space.
    SurnameFirst,
}

/// One name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// As people write it.
    pub(super) written: &'static str,
    /// Letters for an address, if they differ.
    latin: Option<&'static str>,
}

impl Name {
    /// The name as a principal name spells it.
    pub(super) fn address(self) -> String {
        self.latin
            .map_or_else(|| self.written.to_lowercase(), str::to_owned)
    }

    /// The written form, or Latin letters with a capital where scripts would mix.
    pub(super) fn beside_latin(self) -> String {
        // What follows this character is Chinese or Japanese.
        if self
            .written
            .chars()
            .next()
            .is_some_and(|first| first < '\u{2fff}')
        {
            return self.written.to_owned();
        }
        let address = self.address();
        let mut letters = address.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect()
    }
}

impl Culture {
    pub(super) fn given(&self, rng: &mut Rng) -> Name {
        choice(self.given, rng)
    }

    pub(super) fn surname(&self, rng: &mut Rng) -> Name {
        choice(self.surnames, rng)
    }
}

fn choice(names: &'static str, rng: &mut Rng) -> Name {
    let count = names.split(' ').count();
    let name = names.split(' ').nth(rng.usize(..count)).unwrap_or_default();
    match name.split_once('/') {
        Some((written, latin)) => Name {
            written,
            latin: Some(latin),
        },
        None => Name {
            written: name,
            latin: None,
        },
    }
}

/// A mix such as a chain of shops employs.
pub(super) const CULTURES: &[Culture] = &[
    Culture {
        order: Order::GivenFirst,
        given: "Amelia Callum Daisy Ewan Freya Harriet Imogen Jamie Kieran Lottie Marcus Nadia \
                Oscar Poppy Reuben",
        surnames: "Ashdown Barrow Calloway Dunmore Easton Fairclough Garside Hollis Kershaw \
                Langley Marsden O'Connell/oconnell Pemberton Ridley Thackeray",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Jürgen/juergen Käthe/kaethe Björn/bjoern Lena Matthias Sören/soeren Uwe Wiebke \
                Jörg/joerg Änne/aenne Finn Greta Henrike Ruth Götz/goetz",
        surnames: "Müller-Hagen/mueller-hagen Schröder/schroeder Weiß/weiss Köhler/koehler Brandt \
                Jäger/jaeger Lindemann Großmann/grossmann Vogt Böttcher/boettcher Hartwig \
                Strauß/strauss Krüger/krueger Pfeiffer Möller/moeller",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Åsa/asa Bjørg/bjorg Einar Ingrid Lars Maja Øystein/oystein Saga Torvald Ylva \
                Aino Eero Päivi/paivi Runa Sigrid",
        surnames: "Åkesson/akesson Bergström/bergstrom Dahl Ekström/ekstrom Hansen \
                Jørgensen/jorgensen Lindqvist Mäkinen/makinen Nygård/nygard Rønning/ronning \
                Sæther/saether Virtanen Holm Sjöberg/sjoberg Tveit",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Agnieszka Bartłomiej/bartlomiej Dorota Grzegorz Jadwiga Łukasz/lukasz \
                Małgorzata/malgorzata Paweł/pawel Stanisław/stanislaw Zofia Jiří/jiri \
                Kateřina/katerina Ondřej/ondrej Zuzana Zdeněk/zdenek",
        surnames: "Wiśniewski/wisniewski Kowalczyk Zając/zajac Wójcik/wojcik Szymańska/szymanska \
                Dąbrowski/dabrowski Nowak Kaczmarek Dvořák/dvorak Černý/cerny \
                Procházka/prochazka Růžička/ruzicka Kučera/kucera Żak/zak Mazur",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Alejandra Begoña/begona Concepción/concepcion Diego Íñigo/inigo \
                Joaquín/joaquin Lucía/lucia Martín/martin Nuria Rocío/rocio João/joao \
                Inês/ines Gonçalo/goncalo Luísa/luisa Tomé/tome",
        surnames: "Ibáñez/ibanez Muñoz/munoz Peña/pena Núñez/nunez Castaño/castano \
                García-Rey/garcia-rey Herrera Salcedo Araújo/araujo Gonçalves/goncalves \
                Magalhães/magalhaes Simões/simoes Teixeira Vidal Quintana",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Aslı/asli Burçin/burcin Çağla/cagla Deniz Emre Gökhan/gokhan Işıl/isil \
                Ömer/omer Şebnem/sebnem Tuğba/tugba Amal Khalid Layla Yusuf Zahra",
        surnames: "Aydın/aydin Çelik/celik Doğan/dogan Güneş/gunes Kılıç/kilic Özdemir/ozdemir \
                Şahin/sahin Yıldız/yildiz al-Farsi/alfarsi Haddad Mansour Nasser Rahimi Saleh \
                Tahir",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Aarav Chandra Divya Harpreet Ishaan Kavya Lakshmi Manjit Nisha Rohan Adunni \
                Chidi Kwame Thandiwe Zola",
        surnames: "Bhattacharya Chaudhary Desai Iyer Kapoor Menon Nair Pillai Sandhu Adeyemi \
                Boateng Dlamini Mbeki Nwosu Okafor",
    },
    Culture {
        order: Order::SurnameFirst,
        given: "伟/wei 芳/fang 秀英/xiuying 明/ming 静/jing 磊/lei 洋/yang 美玲/meiling 建国/jianguo \
                晓东/xiaodong",
        surnames: "王/wang 李/li 张/zhang 刘/liu 陈/chen 赵/zhao 黄/huang 周/zhou 吴/wu 徐/xu",
    },
    Culture {
        order: Order::SurnameFirst,
        given: "陽菜/hina 翔太/shota 美咲/misaki 健太/kenta さくら/sakura 大輔/daisuke 直子/naoko 悠真/yuma \
                千尋/chihiro 拓海/takumi",
        surnames: "佐藤/sato 鈴木/suzuki 高橋/takahashi 田中/tanaka 渡辺/watanabe 伊藤/ito 山本/yamamoto \
                中村/nakamura 小林/kobayashi 加藤/kato",
    },
    Culture {
        order: Order::GivenFirst,
        given: "Amélie/amelie Benoît/benoit Chloé/chloe François/francois Hélène/helene \
                Loïc/loic Noémie/noemie Solène/solene Thuý/thuy Minh Hạnh/hanh Đức/duc Giulia \
                Niccolò/niccolo Zoë/zoe",
        surnames: "Bélanger/belanger Côté/cote Desrosiers Girard Lefèvre/lefevre Périer/perier \
                Nguyễn/nguyen Trần/tran Phạm/pham Đặng/dang Bellini D'Angelo/dangelo Moretti \
                Ricci DeVries",
    },
];

/// Places that stores are named after; none of them exists.
pub(super) const PLACES: &[&str] = &[
    "Aldermoor",
    "Brackwater",
    "Cinderford Cross",
    "Dunholme",
    "Eastmere",
    "Fallowfield End",
    "Grimsdale",
    "Harrowgate Mill",
    "Ivybridge Quay",
    "Jasper Row",
    "Kestrel Hill",
    "Lower Wick",
    "Marlpit",
    "Netherby",
    "Oakhanger",
    "Penfold Bay",
    "Quarry Lane",
    "Ravensholt",
    "Saltmarsh",
    "Thornleigh",
    "Upper Slade",
    "Vale Crossing",
    "Westhaven",
    "Yarrow Green",
];
