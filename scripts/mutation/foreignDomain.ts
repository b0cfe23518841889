/** The domain separator of another chain or contract, in Solidity. */
export function foreignDomain(chain: string, contract: string): string {
	const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
	return `keccak256(abi.encode(keccak256("${type}"), keccak256("GridTokenX"), keccak256("1"), ${chain}, ${contract}))`;
}
