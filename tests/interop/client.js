// Asks the service described at argv[2] everything in argv[3] (JSON list of [operation, arguments]) and writes the list of
// what came back, each {"value": …} or {"fault": code}. argv[4]: "1.1" or "1.2"; argv[5], argv[6]: user name and password.
'use strict';

const soap = require('soap');

const [, , address, asked, version, username, password] = process.argv;

async function answer(client, operation, args) {
  client.clearSoapHeaders();
  client.addSoapHeader(
    {
      RequestHeader: {
        MessageId: 'node-1',
        CorrelationId: `node-${operation}`,
        ClientName: 'node',
        Timestamp: '2026-11-30T10:30:00Z',
      },
    },
    '',
    'tns',
    'urn:uk:gov:justice:pnomis:visits:v1',
  );
  try {
    const [value, , header] = await client[operation + 'Async'](args);
    return { value, correlation: header.ResponseHeader.CorrelationId };
  } catch (error) {
    const fault = error.root && error.root.Envelope.Body.Fault;
    if (!fault) throw error;
    const detail = fault.detail || fault.Detail;
    return { fault: detail ? detail.NomisFault : null };
  }
}

function timestamp() {
  const spell = (moment) => moment.toISOString().slice(0, 19) + 'Z';
  const [now, end] = [new Date(), new Date(Date.now() + 240000)].map(spell);
  return `<wsu:Timestamp><wsu:Created>${now}</wsu:Created><wsu:Expires>${end}</wsu:Expires></wsu:Timestamp>`;
}

async function main() {
  const options = { forceSoap12Headers: version === '1.2' };
  const client = await soap.createClientAsync(address, options);
  client.setSecurity(
    new soap.WSSecurity(username, password, {
      passwordType: 'PasswordDigest',
      mustUnderstand: true,
      hasTimeStamp: false, // its own one lives for ten minutes, and the service takes five at most
      appendElement: timestamp(),
    }),
  );
  const answers = [];
  for (const [operation, args] of JSON.parse(asked)) answers.push(await answer(client, operation, args));
  process.stdout.write(JSON.stringify(answers) + '\n');
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
