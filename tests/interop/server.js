// Serves the description in argv[2], answers every operation from argv[3] (JSON by operation; "fault" makes a fault) in the
// SOAP version argv[4], and writes a line of JSON for each request: what it understood of it. The first line says where it
// listens.
'use strict';

const fs = require('fs');
const http = require('http');
const soap = require('soap');

const wsdl = fs.readFileSync(process.argv[2], 'utf8');
const answers = JSON.parse(process.argv[3]);
const version = process.argv[4];
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

function fault(code, errors) {
  // A colon in front keeps SOAP's own prefix away.
  const said = { ':Code': code, ':Message': 'Refused', ':Errors': errors ? { ':Error': errors } : undefined };
  const detail = { ':NomisFault': { attributes: { xmlns: 'urn:uk:gov:justice:pnomis:visits:v1' }, ...said } };
  if (version === '1.1') {
    return { Fault: { faultcode: 'soap:Server', faultstring: 'Refused', detail, statusCode: 500 } };
  }
  return { Fault: { Code: { Value: 'soap:Receiver' }, Reason: { Text: 'Refused' }, Detail: detail, statusCode: 500 } };
}

function operation(name) {
  return (args, _callback, headers) => {
    say({ operation: name, args, header: headers.RequestHeader, security: headers.Security || null });
    const answer = answers[name];
    if (answer.fault) throw fault(answer.fault, answer.errors);
    return answer;
  };
}

const operations = Object.fromEntries(Object.keys(answers).map((name) => [name, operation(name)]));
const server = http.createServer((_, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  const served = soap.listen(server, {
    path: '/soap',
    services: { PNomisVisitsService: { VisitsPort: operations, VisitsPort12: operations } },
    xml: wsdl,
    forceSoap12Headers: version === '1.2',
    callback: () => say({ port: server.address().port }),
  });
  served.addSoapHeader(
    (_method, _args, headers) => ({
      ResponseHeader: {
        MessageId: 'node-1',
        CorrelationId: headers.RequestHeader.CorrelationId,
        Timestamp: '2026-11-30T10:30:00Z',
      },
    }),
    undefined,
    'tns',
    'urn:uk:gov:justice:pnomis:visits:v1',
  );
});
