// Visitors of the shop: asks for products for some seconds, popular ones more often.
//   node examples/express-shop/load.mjs [http://127.0.0.1:3000] [seconds]
const [address = 'http://127.0.0.1:3000', seconds = '10'] = process.argv.slice(2);
const end = Date.now() + Number(seconds) * 1000;
let answered = 0;

async function visitor() {
  while (Date.now() < end) {
    const id = Math.floor(1000 ** Math.random()) - 1;
    const response = await fetch(`${address}/products/${id}`);
    await response.json();
    answered++;
  }
}

await Promise.all(Array.from({ length: 8 }, visitor));
console.log(`${answered} requests in ${seconds} s`);
