/** Thai and English; the key is looked up in the chosen language, then in English. */
const WORDS = {
	en: {
		connecting: "connecting",
		live: "live",
		lost: "connection lost, retrying",
		theme: "light / dark",
		nextGate: "Next gate closure",
		tradedWindow: "Traded in the window",
		averagePrice: "Average price paid",
		settledWindows: "Windows settled on chain",
		haltedZones: "Zones halted",
		none: "none",
		flows: "Energy between zones",
		netSeller: "sells more than it buys",
		netBuyer: "buys more than it sells",
		halted: "halted",
		windows: "Delivery windows",
		windowsNote: "15 minutes each; choose one",
		delivery: "Delivery",
		progress: "Progress",
		state: "State",
		trades: "Trades",
		vwap: "VWAP",
		book: "Order book",
		bids: "Bids, all-in",
		asks: "Asks, net",
		emptyBook: "No orders rest here in this window.",
		lastTrades: "Last trades",
		priceUnit: "prices in sat/kWh",
		time: "Time",
		path: "From → to",
		sellerGets: "Seller gets",
		buyerPays: "Buyer pays",
		notices: "Grid and authorities",
		noNotices: "Nothing so far.",
		noTrades: "No trades yet.",
		noWindows: "No window is open yet.",
		lifted: "lifted",
		everyZone: "every zone",
		limits: "limits a trade:",
		of: "of",
		chain: "chain",
		settledNote: "of the last {count} shown",
		tradesNote: "{count} trades",
		gateNote: "for {span}",
		speed: "× {factor}",
		scheduled: "scheduled",
		open: "open",
		crossZoneClosed: "own zone only",
		closed: "gate closed",
		committed: "committed",
		delivering: "delivering",
		metered: "metered",
		settled: "settled",
		voided: "voided",
		expired: "expired",
		untraded: "no trades",
	},
	th: {
		connecting: "กำลังเชื่อมต่อ",
		live: "สด",
		lost: "ขาดการเชื่อมต่อ กำลังลองใหม่",
		theme: "สว่าง / มืด",
		nextGate: "ปิดรับคำสั่งครั้งถัดไป",
		tradedWindow: "ซื้อขายแล้วในช่วงนี้",
		averagePrice: "ราคาเฉลี่ยที่ผู้ซื้อจ่าย",
		settledWindows: "ช่วงที่ชำระบนเชนแล้ว",
		haltedZones: "เขตที่ถูกระงับ",
		none: "ไม่มี",
		flows: "พลังงานระหว่างเขต",
		netSeller: "ขายมากกว่าซื้อ",
		netBuyer: "ซื้อมากกว่าขาย",
		halted: "ระงับ",
		windows: "ช่วงส่งมอบ",
		windowsNote: "ช่วงละ 15 นาที เลือกได้",
		delivery: "ส่งมอบ",
		progress: "ความคืบหน้า",
		state: "สถานะ",
		trades: "รายการ",
		book: "สมุดคำสั่ง",
		bids: "เสนอซื้อ (รวมทุกค่า)",
		asks: "เสนอขาย (สุทธิ)",
		emptyBook: "ไม่มีคำสั่งค้างอยู่ในช่วงนี้",
		lastTrades: "รายการล่าสุด",
		priceUnit: "ราคาเป็น sat/kWh",
		time: "เวลา",
		path: "จาก → ถึง",
		sellerGets: "ผู้ขายได้",
		buyerPays: "ผู้ซื้อจ่าย",
		notices: "โครงข่ายและหน่วยงานกำกับ",
		noNotices: "ยังไม่มี",
		noTrades: "ยังไม่มีรายการ",
		noWindows: "ยังไม่มีช่วงที่เปิด",
		lifted: "ยกเลิกแล้ว",
		everyZone: "ทุกเขต",
		limits: "จำกัดรายการ:",
		of: "จาก",
		chain: "เชน",
		settledNote: "จาก {count} ช่วงล่าสุด",
		tradesNote: "{count} รายการ",
		gateNote: "สำหรับ {span}",
		scheduled: "กำหนดไว้",
		open: "เปิด",
		crossZoneClosed: "เฉพาะในเขต",
		closed: "ปิดรับแล้ว",
		committed: "ผูกพันบนเชน",
		delivering: "กำลังส่งมอบ",
		metered: "อ่านมิเตอร์แล้ว",
		settled: "ชำระแล้ว",
		voided: "ยกเลิกทั้งช่วง",
		expired: "หมดอายุ",
		untraded: "ไม่มีการซื้อขาย",
	},
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("th") ? "th" : "en");

export function words(key, values = {}) {
	const text = WORDS[language][key] ?? WORDS.en[key] ?? key;
	return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function applyLanguage() {
	document.documentElement.lang = language;
	for (const node of document.querySelectorAll("[data-i18n]")) node.textContent = words(node.dataset.i18n);
	for (const node of document.querySelectorAll("[data-i18n-title]")) node.title = words(node.dataset.i18nTitle);
}

/** Returns the label of the other language. */
export function switchLanguage() {
	language = language === "th" ? "en" : "th";
	localStorage.setItem("language", language);
	applyLanguage();
	return otherLanguage();
}

export const otherLanguage = () => (language === "th" ? "EN" : "ไทย");
