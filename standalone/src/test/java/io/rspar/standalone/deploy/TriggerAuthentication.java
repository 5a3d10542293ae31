package io.rspar.standalone.deploy;

import java.util.List;

/** KEDA's resource, as far as the manifests use it; see {@link ScaledObject}. */
record TriggerAuthentication(
    String apiVersion, String kind, ScaledObject.Metadata metadata, Spec spec) {

  record Spec(List<SecretTargetRef> secretTargetRef) {}

  record SecretTargetRef(String parameter, String name, String key) {}
}
