package io.rspar.graph;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class LayeringTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.rspar.graph");

  @Test
  void packagesDependDownwardsOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("graph")
        .definedBy("io.rspar.graph")
        .layer("build")
        .definedBy("io.rspar.graph.build")
        .layer("onnx")
        .definedBy("io.rspar.graph.onnx")
        .layer("op")
        .definedBy("io.rspar.graph.op")
        .layer("shape")
        .definedBy("io.rspar.graph.shape")
        .layer("coupling")
        .definedBy("io.rspar.graph.coupling")
        .layer("cost")
        .definedBy("io.rspar.graph.cost")
        .layer("surgery")
        .definedBy("io.rspar.graph.surgery")
        .layer("score")
        .definedBy("io.rspar.graph.score")
        .whereLayer("build")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("onnx")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("op")
        .mayOnlyBeAccessedByLayers("shape", "coupling", "cost", "surgery", "score")
        .whereLayer("shape")
        .mayOnlyBeAccessedByLayers("coupling", "cost", "surgery", "score")
        .whereLayer("coupling")
        .mayOnlyBeAccessedByLayers("cost", "surgery", "score")
        .whereLayer("cost")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("surgery")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("score")
        .mayNotBeAccessedByAnyLayer()
        .because("model-graph/DESIGN.md says so; move the class down or pass the value in")
        .check(CLASSES);
  }
}
