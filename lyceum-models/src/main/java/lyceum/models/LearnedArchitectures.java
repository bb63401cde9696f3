package lyceum.models;

import java.util.List;
import lyceum.DType;
import lyceum.models.multimodal.ContrastiveVlm;
import lyceum.models.multimodal.ContrastiveVlmConfig;
import lyceum.models.multimodal.ImageTextConfig;
import lyceum.models.multimodal.ImageTextEncoder;
import lyceum.models.multimodal.PictureReward;
import lyceum.models.multimodal.VlmObjective;
import lyceum.models.ssl.BlockMasks;
import lyceum.models.ssl.Byol;
import lyceum.models.ssl.DinoV2;
import lyceum.models.ssl.DinoV2Config;
import lyceum.models.ssl.DistributedConfig;
import lyceum.models.ssl.DistributedRepresentation;
import lyceum.models.ssl.FewShotConfig;
import lyceum.models.ssl.FewShotLearner;
import lyceum.models.ssl.Jepa;
import lyceum.models.ssl.JepaConfig;
import lyceum.models.ssl.MaskedAutoencoder;
import lyceum.models.ssl.MaskedAutoencoderConfig;
import lyceum.models.ssl.MetricLearner;
import lyceum.models.ssl.MetricObjective;
import lyceum.models.ssl.SiameseConfig;
import lyceum.models.ssl.SiameseNetwork;
import lyceum.models.ssl.TwoViewLearner;
import lyceum.models.ssl.ViewHeads;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.loss.InfoNce;
import lyceum.tensor.Tensor;

/** Networks of texts, self-supervised ones, and those of several kinds of data. */
final class LearnedArchitectures {
    private static final int SIDE = 8, WORDS = 12;

    private LearnedArchitectures() {}

    static List<Architecture<?, ?>> all() {
        var pictures = Examples.pictures(1, SIDE);
        var vit = new VisionTransformerConfig(SIDE, 4, 1, 8, 1, 2);
        VisionBackbone small = vit;
        var text = new TextTowerConfig(WORDS, 6, 8, 1, 2).withCausal(true).withPool(TextTowerConfig.Pool.LAST);
        var pairs = new ImageTextEncoder.Plan(new ImageTextConfig(6), small, text);
        Architecture.Inputs captioned = (n, rng) -> List.of(Tensor.rand(rng, n, 1, SIDE, SIDE), Examples.ids(rng, WORDS - 1, n, 5).add(1));
        return List.of(
                Architecture.of("Mlp", MlpConfig.class, Mlp.class, Mlp::new, MlpConfig.regressor(4, 2).withHidden(List.of(6)),
                        Examples.noise(4)),
                Architecture.of("TextTower", TextTowerConfig.class, TextTower.class, TextTower::new, text,
                        (n, rng) -> List.of(Examples.ids(rng, WORDS - 1, n, 5).add(1))),
                Architecture.of("ImageTextEncoder", ImageTextEncoder.Plan.class, ImageTextEncoder.class, ImageTextEncoder.Plan::build,
                        pairs, captioned, (m, x, pass) -> Tensor.concat(1, m.images(x.get(0), pass), m.texts(x.get(1), pass)),
                        (m, x, pass) -> {
                            var logits = m.images(x.get(0), pass).matmul(m.texts(x.get(1), pass).transpose()).mul(m.logScale().exp());
                            return logits.logSoftmax(1).square().mean();
                        }),
                Architecture.of("ContrastiveVlm", ContrastiveVlm.Plan.class, ContrastiveVlm.class, ContrastiveVlm.Plan::build,
                        new ContrastiveVlm.Plan(new ContrastiveVlmConfig(new VlmObjective.Captioned(new VlmObjective.Softmax(0, 0), 1, 1))
                                .withCaptionDepth(1), pairs),
                        captioned, (m, x, pass) -> m.captionLogits(x.get(0), x.get(1), pass),
                        (m, x, pass) -> m.loss(x.get(0), x.get(1), pass)),
                Architecture.of("PictureReward", PictureReward.Plan.class, PictureReward.class, PictureReward.Plan::build,
                        new PictureReward.Plan(small, 6, 8),
                        (n, rng) -> List.of(Tensor.rand(rng, n, 1, SIDE, SIDE), Tensor.rand(rng, n, 2, 3)),
                        (m, x, pass) -> m.rewards(x.get(0), x.get(1), pass)),
                Architecture.of("MaskedAutoencoder", MaskedAutoencoderConfig.class, MaskedAutoencoder.class, MaskedAutoencoder::new,
                        new MaskedAutoencoderConfig(vit).withHidden(0.5), pictures, (m, x, pass) -> m.encoder().forward(x.getFirst(), pass),
                        (m, x, pass) -> m.error(m.reconstruct(x.getFirst(), pass), x.getFirst())),
                Architecture.of("DinoV2", DinoV2Config.class, DinoV2.class, DinoV2::new,
                        new DinoV2Config(vit, 6).withHidden(8).withBottleneck(4), pictures,
                        (m, x, pass) -> m.encoder().forward(x.getFirst(), pass),
                        (m, x, pass) -> m.loss(List.of(x.getFirst(), x.getFirst().flip(3)), pass)),
                Architecture.of("Jepa", JepaConfig.class, Jepa.class, Jepa::new,
                        new JepaConfig(new VisionTransformerConfig(SIDE, 2, 1, 8, 1, 2).withPool(Pool.MEAN).withClassToken(false))
                                .withMasks(BlockMasks.images().withLeast(0.2).withMost(0.3)),
                        pictures, (m, x, pass) -> m.encoder().forward(x.getFirst(), pass), LearnedArchitectures::predicted),
                Architecture.of("DistributedRepresentation", DistributedConfig.class, DistributedRepresentation.class,
                        DistributedRepresentation::new, new DistributedConfig(),
                        (n, rng) -> List.of(Tensor.concat(1, Examples.ids(rng, 24, n, 1), Examples.ids(rng, 12, n, 1)))),
                Architecture.of("FewShotLearner", FewShotLearner.Plan.class, FewShotLearner.class, FewShotLearner.Plan::build,
                        new FewShotLearner.Plan(small, new FewShotConfig(FewShotConfig.Rule.SIAMESE)), pictures,
                        (m, x, pass) -> m.forward(x.getFirst(), pass), LearnedArchitectures::fewShot),
                Architecture.of("MetricLearner", MetricLearner.Plan.class, MetricLearner.class, MetricLearner.Plan::build,
                        new MetricLearner.Plan(small, new MetricObjective.InBatch(new InfoNce(0.1))), pictures),
                Architecture.of("SiameseNetwork", SiameseNetwork.Plan.class, SiameseNetwork.class, SiameseNetwork.Plan::build,
                        new SiameseNetwork.Plan(small, new SiameseConfig()), pictures),
                Architecture.of("TwoViewLearner", TwoViewLearner.Plan.class, TwoViewLearner.class, TwoViewLearner.Plan::build,
                        new TwoViewLearner.Plan(small, new Byol(), new ViewHeads(List.of(6), 5, 4, MlpConfig.Norm.NONE, DType.F32)),
                        pictures, (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.loss(x.getFirst(), x.getFirst().flip(3), pass)));
    }

    private static Tensor predicted(Jepa model, List<Tensor> x, Pass pass) {
        int n = (int) x.getFirst().size(0), side = SIDE / model.config().encoder().patch();
        var told = model.predict(x.getFirst(), model.config().masks().draw(n, side, side, 1, pass.rng()), pass);
        return model.error(told.predicted(), told.wanted(), told.masks());
    }

    private static Tensor fewShot(FewShotLearner model, List<Tensor> x, Pass pass) {
        var items = model.forward(x.getFirst(), pass);
        int n = (int) items.size(0);
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) labels[i] = i % 2;
        return model.scores(items, labels, items.mul(0.9), 2).square().mean();
    }
}
