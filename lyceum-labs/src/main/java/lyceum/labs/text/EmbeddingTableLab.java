package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingTable.Analogy;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.PpmiEmbeddings;

/** Vectors of words of the King James Bible: who is near whom, a map, an analogy, and what survives a turn of all axes. */
@Lab(topics = "embedding-vector", title = "Words as points")
final class EmbeddingTableLab implements LabBody {

    @Override public void run(LabContext lab) {
        int dimension = lab.param("dimension", 24, 4, 100), least = lab.param("least count", 100, 5, 500),
                top = lab.param("components away", 1, 0, 3);
        var word = lab.choice("word", "water", "water", "sword", "bread", "king", "mountain", "daughter", "gold");
        var measure = lab.choice("analogy", "3CosAdd", "3CosAdd", "3CosMul");

        List<List<String>> verses = new ArrayList<>();
        Corpora.kingJames().stream().forEach(chapter -> {
            for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                verses.add(List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" ")));
        });
        var table = new PpmiEmbeddings(dimension).withMinCount(least).learn(verses, lab.progress());
        if (!table.contains(word)) {
            lab.say("'%s' stands less than %d times: lower the least count.", word, least);
            return;
        }
        var near = table.nearest(word, 12);
        lab.say("%,d words of %,d verses, each a point in %d dimensions. The nearest to '%s' is '%s'.", table.size(), verses.size(),
                dimension, word, near.getFirst().name());
        lab.table("Nearest to '" + word + "'", List.of("word", "cosine"), near.stream().map(n -> List.of(n.name(), n.score())).toList());

        var shown = new ArrayList<>(List.of(word));
        near.stream().map(Neighbour::name).forEach(shown::add);
        for (var far : List.of("sword", "bread", "king", "gold", "mountain"))
            if (table.contains(far) && !shown.contains(far)) shown.add(far);
        var cloud = table.only(shown).normalised().centred().vectors();
        var plane = cloud.matmul(Svd.of(cloud).v().slice(1, 0, 2, 1));
        lab.figure(Figure.scatter("A map of the neighbourhood", plane.select(1, 0), plane.select(1, 1))
                .labelled(shown.toArray(String[]::new)).axes("first principal axis", "second principal axis")
                .describedAs("The word, its twelve neighbours and five others, from " + dimension
                        + " dimensions to the two in which they differ most."));

        var questions = List.of(List.of("man", "woman", "son"), List.of("king", "queen", "man"), List.of("father", "mother", "sons"));
        var answers = new ArrayList<List<?>>();
        for (var q : questions) {
            if (!q.stream().allMatch(table::contains)) continue;
            var best = table.analogy(q.get(0), q.get(1), q.get(2), 3, measure.equals("3CosAdd") ? Analogy.ADD : Analogy.MULTIPLY);
            answers.add(List.of(q.get(0) + " : " + q.get(1) + " = " + q.get(2) + " : ?",
                    String.join(", ", best.stream().map(Neighbour::name).toList())));
        }
        lab.table("Analogies by " + measure, List.of("question", "best three"), answers);

        var turned = table.rotated(Qr.of(Tensor.randn(lab.rng(1), DType.F64, dimension, dimension)).q());
        double change = 0;
        for (var each : near) change = Math.max(change, Math.abs(turned.similarity(word, each.name()) - each.score()));
        lab.say("Turn all axes: every coordinate is another, no cosine is. Procrustes finds the way back.");
        lab.shows("largest change of a cosine under rotation", change, atMost(1e-6));
        lab.shows("coordinates after turning back, largest gap",
                turned.rotated(turned.alignment(table)).vectors().sub(table.vectors()).abs().max().item(), atMost(1e-5));
        var straight = table.allButTheTop(Math.min(top, dimension - 1));
        lab.say("Isotropy %.3f, and %.3f without the mean and %d components.", table.isotropy(), straight.isotropy(), top);
        if (top > 0) lab.shows("rise of the isotropy", straight.isotropy() - table.isotropy(), above(0));
    }
}
