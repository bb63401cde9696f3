package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.multimodal.CaptionWords;
import lyceum.models.multimodal.ContrastiveVlm;
import lyceum.models.multimodal.ContrastiveVlmConfig;
import lyceum.models.multimodal.ImageTextConfig;
import lyceum.models.multimodal.ImageTextEncoder;
import lyceum.models.multimodal.SigLip;
import lyceum.models.multimodal.VlmObjective;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** One world of captioned shapes, several questions about its pairs: what each teaches in equally many steps. */
@Lab(topics = {"siglip", "contrastive-vlm"}, title = "Which one, or yes or no")
final class PairObjectivesLab implements LabBody {
    private static final CaptionedScenes WORLD = new CaptionedScenes(12, 4, 3, 1, 1, 1);
    private static final String[] NAMES = WORLD.singles().stream().map(WORLD::caption).toArray(String[]::new);
    private static final CaptionWords WORDS = CaptionWords.of(List.of(NAMES));

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 70, 10, 1000), small = lab.param("small batch", 6, 2, 24),
                large = lab.param("large batch", 24, 24, 96);
        var objectives = List.of(VlmObjective.clip(), VlmObjective.siglip(), VlmObjective.align(), VlmObjective.filip(),
                VlmObjective.coca());
        var called = List.of("CLIP", "SigLIP", "ALIGN", "FILIP", "CoCa");
        var rows = new ArrayList<List<?>>();
        var models = new ArrayList<ContrastiveVlm>();
        Tensor test = pictures(60, lab.rng(2)), many = pictures(large * steps, lab.rng(3)), few = many.narrow(0, 0, small * steps);
        for (int i = 0; i < 5; i++) {
            var model = trained(objectives.get(i), large, many, lab);
            rows.add(List.of(called.get(i), model.parameterCount(), accuracy(model, test), model.encoder().scale()));
            models.add(model);
        }
        lab.table("After " + steps + " steps of " + large + " pairs",
                List.of("objective", "parameters", "zero-shot accuracy over 12", "scale"), rows);
        lab.say("Of SigLIP, from its published scale of 10 and bias of -10, %d steps make %.2f and %.2f.", steps,
                models.get(1).encoder().scale(), models.get(1).encoder().bias().item());
        double[] softmax = {accuracy(trained(VlmObjective.clip(), small, few, lab), test), accuracy(models.get(0), test)},
                sigmoid = {accuracy(trained(VlmObjective.siglip(), small, few, lab), test), accuracy(models.get(1), test)};
        lab.figure(Figure.bars("Zero-shot accuracy by batch", new String[] {"batch " + small, "batch " + large},
                Series.of("softmax", softmax), Series.of("sigmoid", sigmoid)).axes("pairs of a step", "share right")
                .describedAs("Share of new pictures named right after training by softmax and by sigmoid, for a small and a large batch."));
        ImageTextEncoder siglip = models.get(1).encoder(), filip = models.get(3).encoder();
        var ids = siglip.text().ids(List.of(NAMES), WORDS);
        Tensor u = siglip.imageVectors(test.narrow(0, 0, 12), 12), v = siglip.textVectors(ids, 12);
        lab.figure(Figure.heatmap("SigLIP's probability of each pair", siglip.pairProbabilities(u, v).detach().toRows(), NAMES, NAMES)
                .axes("caption", "picture").describedAs("The sigmoid of each of 12 x 12 pairs; true pairs are on the diagonal."));
        double gap = SigLip.loss(u, v, siglip.logScale(), siglip.bias(), 5).item()
                - SigLip.loss(u, v, siglip.logScale(), siglip.bias(), 0).item();
        lab.shows("siglip", "gap of the loss in blocks of 5 to the whole", Math.abs(gap), below(1e-5));

        var tokens = filip.textTokens(ids.narrow(0, 4, 1), Pass.inference()).detach().select(0, 0);
        var patches = filip.imageTokens(test.narrow(0, 4, 1), Pass.inference()).detach().select(0, 0);
        lab.figure(Figure.heatmap("Words and patches of \"" + NAMES[4] + "\"", tokens.narrow(0, 1, 3).matmul(patches.transpose()).toRows(),
                NAMES[4].split(" "), Figure.numbered(1, 9)).axes("patch, row by row", "word").describedAs(
                        "Cosine of each word's vector with each of the 3 x 3 patches' after FILIP: every word's brightest patch is its answer."));
        boolean usual = steps >= 70 && large >= 24;
        lab.shows("siglip", "zero-shot accuracy of SigLIP over 12 (chance 0.08)", sigmoid[1], atLeast(usual ? 0.25 : 0));
        lab.shows("contrastive-vlm", "zero-shot accuracy of CLIP over 12 (chance 0.08)", softmax[1], atLeast(usual ? 0.6 : 0));
    }

    private static double accuracy(ContrastiveVlm model, Tensor test) {
        var found = model.similarities(test, model.encoder().text().ids(List.of(NAMES), WORDS)).argmax(1);
        return found.eq(Tensor.arange(60).mod(12)).countNonZero().item() / 60;
    }

    private static ContrastiveVlm trained(VlmObjective objective, int batch, Tensor seen, LabContext lab) {
        var rng = lab.rng(1);
        var vision = new VisionTransformer(new VisionTransformerConfig(12, 4, 3, 32, 1, 2).withHidden(64)
                .withPool(VisionTransformerConfig.Pool.MEAN).withClassToken(false), rng);
        var text = new TextTowerConfig(WORDS.vocabulary(), 5, 32, 1, 2).withHidden(64).withCausal(true).withEnd(CaptionWords.END)
                .withPool(TextTowerConfig.Pool.MEAN);
        var scale = objective instanceof VlmObjective.Sigmoid ? ImageTextConfig.sigmoid(24) : new ImageTextConfig(24);
        var model = new ContrastiveVlm(new ContrastiveVlmConfig(objective).withCaptionDepth(1),
                new ImageTextEncoder(scale, vision, new TextTower(text, rng), rng), rng);
        var ids = model.encoder().text().ids(IntStream.range(0, (int) seen.size(0)).mapToObj(i -> NAMES[i % 12]).toList(), WORDS);
        model.fit(seen, ids, new Trainer(new AdamW(5e-3), 1).withBatchSize(batch), rng, lab.progress());
        return model;
    }

    private static Tensor pictures(int n, Rng rng) {
        var kinds = WORLD.singles();
        return WORLD.pictures(IntStream.range(0, n).mapToObj(i -> kinds.get(i % 12)).toList(), 0.08, rng);
    }
}
