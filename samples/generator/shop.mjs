export const FIRST_NAMES = [
  "ANA",
  "joão",
  "Maria Clara",
  "PEDRO",
  "lucas",
  "Júlia",
  "José  Carlos",
  "Antônia",
  "RAFAEL",
  "beatriz",
  "Íris",
  "Ângelo",
  "FERNANDA",
  "gustavo",
  "Larissa",
  "tiago",
  "Conceição",
  "ÉRICA",
  "Luís Otávio",
  "são-josé",
];
export const LAST_NAMES = [
  "SILVA",
  "souza",
  "de  Oliveira",
  "D'ÁVILA",
  "Lima",
  "PEREIRA",
  "Araújo",
  "gonçalves",
  "Ferreira",
  "Magalhães",
  "COSTA e Silva",
  "Brandão",
  "nuñez",
  "Assunção",
  "MÜLLER",
  "Sant'Anna",
];
export const MAIL_DOMAINS = ["correio.example", "mensagem.example", "loja.example", "empresa.example"];

/** Name, price in reais, weight. @type {readonly (readonly [string, number, number])[]} */
export const PRODUCTS = [
  ["Notebook Pampa 14", 2890, 9],
  ["Smartphone Ipê", 1450, 16],
  ["Fone de Ouvido Sabiá", 189, 18],
  ['Monitor 27", curvo', 1320, 8],
  ["Teclado Mecânico", 340, 12],
  ["Mouse sem Fio", 95, 17],
  ["Cadeira Gamer", 1180, 6],
  ["Webcam HD", 260, 8],
  ["Impressora, Scanner e Copiadora", 720, 5],
  ['Suporte "Braço Duplo"', 410, 4],
  ["Kit Escritório\n(teclado + mouse + apoio)", 520, 3],
];

/** @type {Readonly<Record<string, readonly (readonly [string, number])[]>>} */
export const PLATFORMS = {
  "E-commerce": [
    ["Site", 6],
    ["Aplicativo", 4],
  ],
  "Loja Física": [["Presencial", 1]],
  Telefone: [
    ["Central de Atendimento", 3],
    ["WhatsApp", 2],
  ],
  Marketplace: [
    ["Site", 3],
    ["Aplicativo", 5],
    ["Instagram", 2],
  ],
};

export const SELLERS = [
  ["Bruno Tavares", 5],
  ["Carla Nóbrega", 7],
  ["Diego Paixão", 3],
  ["Elisa Fontoura", 4],
  ["Zé Roberto", 2],
];

/** Campaign, code and discounts by month; January is 1. @type {Readonly<Record<number, readonly [string, string, readonly string[]]>>} */
export const CAMPAIGNS = {
  2: ["Volta às Aulas", "AULAS", ["5%", "7,5%"]],
  5: ["Dia das Mães", "MAES", ["10%", "11%", "12,5%"]],
  8: ["Dia dos Pais", "PAIS", ["8%", "10%"]],
  11: ["Black Friday", "BLACK", ["20%", "25%", "33,33%"]],
  12: ["Natal", "NATAL", ["10%", "15%", "12,5%"]],
};
/** Sales by month, January first: the Christmas quarter carries the shop. @type {readonly (readonly [number, number])[]} */
export const MONTHS = [5, 6, 5, 5, 9, 6, 5, 7, 5, 6, 13, 16].map((weight, at) => [at + 1, weight]);
/** @type {readonly (readonly [number, number])[]} */
export const HOURS = [2, 1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 8, 8, 9, 10, 10, 10, 11, 12, 13, 12, 8, 4].map(
  (weight, hour) => [hour, weight],
);

/** @type {readonly string[][]} */
export const BROKEN_2014 = [
  [
    "2014-07-03 15:20:11",
    "Otávio",
    "Reis",
    "otavio.reis-correio.example",
    "(21) 90000-0101",
    "Webcam HD",
    "260,00",
    "E-commerce",
    "Site",
    "",
    "",
    "",
    "",
  ],
  [
    "2014-09-18 10:02:40",
    "Lívia",
    "Prado",
    "livia@correio.example",
    "(21) 90000-0102",
    'Monitor 27", curvo',
    "1.320",
    "Loja Física",
    "Presencial",
    "",
    "Carla Nóbrega",
    "",
    "",
  ],
  [
    "30/11/2014 21:45",
    "Caio",
    "Bastos",
    "caio@correio.example",
    "(11) 90000-0103",
    "Mouse sem Fio",
    "95",
    "Telefone",
    "WhatsApp",
    "Black Friday",
    "Diego Paixão",
    "20%",
    "BLACK20",
  ],
];

/** @type {readonly string[][]} */
export const BROKEN_2015 = [
  [
    "2015-02-30 09:00:00",
    "Marília",
    "Couto",
    "marilia@correio.example",
    "(31) 90000-0201",
    "Mouse sem Fio",
    "95",
    "E-commerce",
    "Aplicativo",
    "Volta às Aulas",
    "",
    "5%",
    "AULAS5",
  ],
  [
    "2015-04-12 13:31:05",
    "Raul",
    "Xavier",
    "raul@correio.example",
    "(31) 90000-0202",
    "Teclado Mecânico",
    "-340,00",
    "Loja Física",
    "Presencial",
    "",
    "Elisa Fontoura",
    "",
    "",
  ],
  [
    "2015-06-21 16:00:00",
    "Sônia",
    "Braga Neto",
    "sonia@@correio.example",
    "(41) 90000-0203",
    "Cadeira Gamer",
    "a combinar",
    "Telefone",
    "WhatsApp",
    "",
    "",
    "150%",
    "",
  ],
  [
    "2015-08-09 11:15:27",
    "Ivo",
    "Dantas",
    "ivo@correio.example",
    "(41) 90000-0204",
    "Notebook Pampa 14",
    "2.890",
    "00",
    "E-commerce",
    "Site",
    "Dia dos Pais",
    "",
    "8%",
    "PAIS8",
  ],
  ["2015-10-01 08:47:59", "Nair", "Teles", "nair@correio.example", "(51) 90000-0205", "Fone de Ouvido Sabiá", "189"],
];
