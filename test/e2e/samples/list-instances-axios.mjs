// redu, "List Instances": axios
import axios from 'axios';

const { data } = await axios.get(`${process.env.REDU_URL}/v1/instances`, {
  headers: {
    'x-api-key': process.env.REDU_API_KEY,
  },
});
console.log(JSON.stringify(data));
