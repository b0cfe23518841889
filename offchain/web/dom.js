/** Builds elements; text is always text, never markup. */
const SVG = "http://www.w3.org/2000/svg";

export function byId(id) {
	return document.getElementById(id);
}

export function element(name, attributes = {}, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svgElement(name, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Writes only what changed, so that nothing flickers. */
export function setText(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, value);
	node.append(...children.filter((child) => child !== null));
	return node;
}
