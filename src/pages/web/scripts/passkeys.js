// ---- passkeys ------------------------------------------------------------------------------------------------------

const canPasskey = () => false;
const addPasskey = () => {};
const verifyPasskey = () => {};
