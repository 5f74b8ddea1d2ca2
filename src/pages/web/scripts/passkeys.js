// ---- passkeys and remembered devices -------------------------------------------------------------------------------

const canPasskey = () => false;
const addPasskey = () => {};
const verifyPasskey = () => {};
const rememberField = () => [];
const remembering = () => ({});
const deviceList = () => [];
