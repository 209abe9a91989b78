export const useServerInsertedHTML = () => {};
