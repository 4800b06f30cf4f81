export function Publish() { return <h1>Publish</h1>; }
