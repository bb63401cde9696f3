package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.models.multimodal.AlignmentMethod;
import lyceum.models.multimodal.CrossModalAlignment;
import lyceum.models.multimodal.SharedSpace;
import lyceum.models.multimodal.VlmObjective;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.HiddenStates;

/** Pixels of shapes and random vectors of words, two spaces that have never met: what closed forms and trained heads make of the pairs. */
@Lab(topics = "cross-modal-alignment", title = "Two strangers, one space")
final class AlignmentLab implements LabBody {
    private static final CaptionedScenes WORLD = new CaptionedScenes(12, 4, 3, 1, 1, 1);
    private static final int KINDS = 12;

    @Override public void run(LabContext lab) {
        int each = lab.param("pictures of each kind", 30, 4, 200), epochs = lab.param("passes", 20, 1, 100);
        double temperature = lab.param("first temperature", 0.1, 0.01, 1.0);

        Tensor images = pictures(each, lab.rng(1)), texts = texts(each, lab.rng(2)), test = pictures(1, lab.rng(3)),
                words = texts.narrow(0, 0, KINDS);
        var methods = new LinkedHashMap<String, AlignmentMethod>();
        methods.put("Procrustes", new AlignmentMethod.Procrustes(true));
        methods.put("ridge map", new AlignmentMethod.RidgeMap(1));
        methods.put("CCA", new AlignmentMethod.Canonical(6, 1));
        methods.put("relative anchors", new AlignmentMethod.RelativeAnchors(4 * KINDS));
        var heads = new AlignmentMethod.ContrastiveHeads(16, VlmObjective.clip()).withHidden(64).withScale(1 / temperature)
                .withRule(new AdamW(3e-3)).withEpochs(epochs).withBatch(24);
        methods.put("heads, softmax", heads);
        methods.put("heads, sigmoid", heads.withObjective(VlmObjective.siglip()));
        var table = new ArrayList<List<?>>();
        SharedSpace after = null;
        for (var method : methods.entrySet()) {
            // All are fitted to the first: the wide one, so that a rotation has room.
            var space = new CrossModalAlignment(method.getValue()).fit(lab.rng(4), images, texts);
            var retrieval = space.retrieval(0, test, 1, words);
            table.add(List.of(method.getKey(), retrieval.textRecall(1), retrieval.imageRecall(1), space.gap(0, test, 1, words)));
            if (method.getValue() == heads) after = space;
        }
        lab.table("New pictures and their 12 captions", List.of("method", "text recall@1", "picture recall@1", "modality gap"), table);
        lab.say("Linear CKA of pixels and word vectors, before anything is fitted: %.2f.", HiddenStates.cka(images, texts));

        lab.figure(Figure.row("Pairs", scatter("Before", plane(test, test), plane(words, words)), after(after, test, words)).describedAs(
                "Twelve pictures and twelve captions, lines between pairs: long and crossing before, short after heads were trained."));
        var found = after.retrieval(0, test, 1, words);
        lab.figure(Figure.heatmap("Cosines after training", found.similarities()).axes("caption", "picture")
                .describedAs("Cosine of each new picture with each caption; true pairs are on the diagonal."));
        lab.shows("change of CKA when one space is scaled by 3",
                Math.abs(HiddenStates.cka(images.to(DType.F64).mul(3), texts) - HiddenStates.cka(images, texts)), below(1e-9));
        lab.shows("recall@1 of 12 captions by heads (chance 0.08)", found.textRecall(1), atLeast(each < 30 || epochs < 20 ? 0 : 0.7));
    }

    private static Figure after(SharedSpace space, Tensor test, Tensor words) {
        Tensor u = space.unit(0, test), v = space.unit(1, words), both = Tensor.concat(0, u, v);
        var plane = plane(both, both);
        return scatter("After", plane.narrow(0, 0, KINDS), plane.narrow(0, KINDS, KINDS));
    }

    /** Rows along the two widest directions of others. */
    private static Tensor plane(Tensor rows, Tensor of) {
        Tensor centre = of.to(DType.F64).mean(0), x = of.to(DType.F64).sub(centre);
        var svd = Svd.of(x.compute());
        return rows.to(DType.F64).sub(centre).matmul(svd.v().narrow(1, 0, 2)).div(svd.s().get(0)).compute();
    }

    private static Figure scatter(String title, Tensor pictures, Tensor captions) {
        var plot = Figure.plot(title).axes("first direction", "second direction");
        for (int i = 0; i < KINDS; i++)
            plot = plot.line("", new double[] {pictures.item(i, 0), captions.item(i, 0)},
                    new double[] {pictures.item(i, 1), captions.item(i, 1)});
        return plot.points("pictures", pictures.select(1, 0), pictures.select(1, 1))
                .points("captions", captions.select(1, 0), captions.select(1, 1))
                .describedAs("Pictures and captions as points, a line between each pair.");
    }

    private static Tensor pictures(int each, Rng rng) {
        var kinds = WORLD.singles();
        return WORLD.pictures(IntStream.range(0, KINDS * each).mapToObj(i -> kinds.get(i % KINDS)).toList(), 0.08, rng)
                .reshape(KINDS * each, -1);
    }

    /** The sum of a random vector for the colour and one for the shape. */
    private static Tensor texts(int each, Rng rng) {
        Tensor colours = Tensor.randn(rng, 4, 24), shapes = Tensor.randn(rng, 3, 24);
        int[] kinds = IntStream.range(0, KINDS * each).map(i -> i % KINDS).toArray();
        return colours.rows(IntStream.of(kinds).map(k -> k / 3).toArray()).add(shapes.rows(IntStream.of(kinds).map(k -> k % 3).toArray()))
                .compute();
    }
}
