package io.rspar.benchmarks.networks;

import java.util.List;

/**
 * The networks that users bring most. Parameters are those that torchvision and the model cards
 * publish.
 */
final class PublishedNetworks {
  private PublishedNetworks() {}

  static List<PublishedNetwork> all() {
    return List.of(
        new PublishedNetwork(
            "VGG-11-BN", "Simonyan, Zisserman 2015", 132_868_840, PlainNets::vgg11Bn),
        new PublishedNetwork("GoogLeNet", "Szegedy et al. 2015", 6_624_904, PlainNets::googLeNet),
        new PublishedNetwork("ResNet-50", "He et al. 2016", 25_557_032, ResNets::resNet50),
        new PublishedNetwork("ResNeXt-50 32×4d", "Xie et al. 2017", 25_028_904, ResNets::resNeXt50),
        new PublishedNetwork(
            "DenseNet-121", "Huang et al. 2017", 7_978_856, PlainNets::denseNet121),
        new PublishedNetwork("MobileNetV2", "Sandler et al. 2018", 3_504_872, MobileNets::v2),
        new PublishedNetwork(
            "MobileNetV3-Large", "Howard et al. 2019", 5_483_032, MobileNets::v3Large),
        new PublishedNetwork(
            "EfficientNet-B0", "Tan, Le 2019", 5_288_548, MobileNets::efficientNetB0),
        new PublishedNetwork(
            "ShuffleNetV2 ×1.0", "Ma et al. 2018", 2_278_604, MobileNets::shuffleNetV2),
        new PublishedNetwork(
            "ConvNeXt-Tiny", "Liu et al. 2022", 28_589_128, MobileNets::convNeXtTiny),
        new PublishedNetwork("U-Net", "Ronneberger et al. 2015", 31_030_593, PlainNets::uNet),
        new PublishedNetwork(
            "ViT-B/16", "Dosovitskiy et al. 2021", 86_567_656, Transformers::vitB16),
        new PublishedNetwork(
            "BERT-base, fused norms",
            "Devlin et al. 2019",
            109_482_240,
            seed -> Bert.BASE.build(seed, true)),
        new PublishedNetwork(
            "BERT-base, decomposed norms",
            "Devlin et al. 2019",
            109_482_240,
            seed -> Bert.BASE.build(seed, false)),
        new PublishedNetwork(
            "BERT-base, classifier",
            "Devlin et al. 2019",
            109_483_778,
            seed -> Bert.BASE.classifier(seed, 2)),
        new PublishedNetwork(
            "SmolLM-135M", "Ben Allal et al. 2024", 134_515_008, Transformers::smolLm135M));
  }
}
