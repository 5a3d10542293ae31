/** The files of deploy/ and docker-compose.yml, held against the schemas and the code. */
package io.rspar.standalone.deploy;
