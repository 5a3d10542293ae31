package io.rspar.standalone.security;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A broker's key with its self-signed certificate for localhost, made by the JDK's keytool.
 *
 * @param keyStore PKCS #12, for the broker
 * @param pem the certificate, for clients
 */
record Certificate(Path keyStore, Path pem) {
  static final String PASSWORD = "key-store-secret";

  /** Its distinguished name: Kafka's principal of who shows it. */
  static final String NAME = "CN=broker";

  static Certificate create(Path folder) throws IOException, InterruptedException {
    Path keyStore = folder.resolve("broker.p12");
    Path pem = folder.resolve("ca.crt");
    keytool(
        "-genkeypair",
        "-alias",
        "broker",
        "-keyalg",
        "EC",
        "-dname",
        NAME,
        "-validity",
        "2",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-storetype",
        "PKCS12",
        "-keystore",
        keyStore.toString(),
        "-storepass",
        PASSWORD);
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "broker",
        "-keystore",
        keyStore.toString(),
        "-storepass",
        PASSWORD,
        "-file",
        pem.toString());
    return new Certificate(keyStore, pem);
  }

  private static void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed: " + output);
    }
  }
}
