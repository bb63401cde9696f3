package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.count.CountVectorizer;

/** Two sentences of opposite meaning in one bag, apart again by pairs of words. */
@Lab(topics = "bag-of-words", title = "Dog bites man, man bites dog")
final class BagOfWordsLab implements LabBody {
    private static final List<String> TEXTS = List.of("Dog bites man", "Man bites dog", "The dog of the man bites",
            "No man, no dog, no bites");

    @Override public void run(LabContext lab) {
        int least = lab.param("shortest", 1, 1, 3), most = Math.max(least, lab.param("longest", 2, 1, 3)),
                columns = lab.param("hash columns", 8, 2, 64);
        boolean lowerCase = lab.flag("lower case", true);
        var words = new CountVectorizer().withLowerCase(lowerCase);
        var bag = words.fitTransform(TEXTS);
        lab.figure(Figure.heatmap("One row a text, one column a word", bag.counts().toDense(), names(), bag.terms().toArray(String[]::new))
                .cellLabels().axes("term", "text")
                .describedAs("The first two rows are equal: a bag knows which words, not who bites whom."));
        var pairs = words.withNGrams(least, most).fitTransform(TEXTS);
        lab.figure(Figure
                .heatmap("With n-grams of " + least + " to " + most, pairs.counts().toDense(), names(),
                        pairs.terms().toArray(String[]::new))
                .axes("term", "text").describedAs("Pairs of neighbours keep some of the order, and the table grows."));
        double same = bag.counts().toDense().select(0, 0).sub(bag.counts().toDense().select(0, 1)).abs().sum().item();
        lab.shows("counts in which the first two bags differ", lowerCase ? same : 0, exactly(0));
        lab.say("By n-grams of %d to %d the same two texts differ in %.0f counts.", least, most,
                pairs.counts().toDense().select(0, 0).sub(pairs.counts().toDense().select(0, 1)).abs().sum().item());

        var hashing = words.hashing(columns);
        var rows = new ArrayList<List<Object>>();
        for (var term : bag.terms()) rows.add(List.of(term, hashing.column(term), hashing.sign(term) > 0 ? "+" : "-"));
        lab.table("Without a vocabulary: each term's column and sign in " + columns, List.of("term", "column", "sign"), rows);
        long distinct = bag.terms().stream().map(hashing::column).distinct().count();
        lab.say("%d terms share %d columns: fewer columns, more collisions, and signs that cancel on average.", bag.terms().size(),
                distinct);
    }

    private static String[] names() { return TEXTS.toArray(String[]::new); }
}
