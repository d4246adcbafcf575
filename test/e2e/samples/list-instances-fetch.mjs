// redu, "List Instances": fetch
const response = await fetch(`${process.env.REDU_URL}/v1/instances`, {
  headers: {
    'x-api-key': process.env.REDU_API_KEY,
  },
});
if (!response.ok) {
  throw new Error(`HTTP ${response.status}`);
}
const data = await response.json();
console.log(JSON.stringify(data));
