package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.TfIdf;

/** Books of the King James Bible by their commonest words, which are the same, and by their own. */
@Lab(topics = "tf-idf", title = "What each book is about")
final class TfIdfLab implements LabBody {
    private static final List<String> SHOWN = List.of("Genesis", "Leviticus", "Ruth", "Esther", "Psalms", "Song of Solomon", "Jonah",
            "Mark", "Acts", "Hebrews", "Revelation");

    @Override public void run(LabContext lab) {
        var tf = TfIdf.Tf.valueOf(lab.choice("tf", "LOG", "RAW", "LOG", "AUGMENTED", "BINARY"));
        var idf = TfIdf.Idf.valueOf(lab.choice("idf", "TEXTBOOK", "NONE", "TEXTBOOK", "PLUS_ONE", "SMOOTH", "PROBABILISTIC"));
        int words = lab.param("words", 5, 2, 10);
        Map<String, StringBuilder> books = new LinkedHashMap<>();
        Corpora.kingJames().stream()
                .forEach(d -> books.computeIfAbsent(d.metadata().get("book"), _ -> new StringBuilder()).append(d.text()).append('\n'));
        var names = List.copyOf(books.keySet());
        var counts = new CountVectorizer().fitTransform(books.values().stream().map(StringBuilder::toString).toList())
                .named(names.toArray(String[]::new));
        var model = new TfIdf(tf, idf, TfIdf.Norm.L2).fit(counts);
        var common = new TfIdf(TfIdf.Tf.RAW, TfIdf.Idf.NONE, TfIdf.Norm.NONE).fit(counts);
        var rows = new ArrayList<List<String>>();
        for (var book : SHOWN) {
            int d = names.indexOf(book);
            if (d < 0) continue;
            var row = counts.rows(d);
            rows.add(List.of(book, String.join(" ", common.keywords(row, words)), String.join(" ", model.keywords(row, words))));
        }
        lab.table("The first words of each book", List.of("book", "by count", "by TF-IDF"), rows);
        double[] rarity = new TfIdf().withIdf(TfIdf.Idf.TEXTBOOK).fit(counts).idf();
        var some = List.of("the", "and", "lord", "king", "priest", "ark", "disciples", "leviathan");
        lab.figure(Figure
                .bar("How rare a word is among 66 books", some.toArray(String[]::new),
                        some.stream().mapToDouble(w -> rarity[counts.terms().indexOf(w)]).toArray())
                .axes("word", "log(N / df)").describedAs("Words of every book have rarity 0; the one of few books counts most."));
        lab.shows("textbook rarity of \"the\", which is in every book", rarity[counts.terms().indexOf("the")], exactly(0));
        long everywhere = IntStream.range(0, rarity.length).filter(t -> rarity[t] == 0).count();
        lab.say("%,d words, %d of them in every book: those weigh nothing, without a list of stop words.", rarity.length, everywhere);
    }
}
