package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.retrieval.Bm25;
import lyceum.retrieval.DenseRetriever;
import lyceum.retrieval.DualEncoderTraining;
import lyceum.retrieval.DualEncoderTraining.Pair;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.Retriever;
import lyceum.retrieval.TextAnalyzer;
import lyceum.retrieval.VectorMetric;
import lyceum.tensor.Tensor;

/** Two towers learn that people ask in other words than passages use, and blur the one word that was never seen. */
@Lab(topics = "dense-retrieval", title = "Other words, rare words")
final class DenseRetrieverLab implements LabBody {
    private static final String[][] WORDS = {{"automobile", "car"}, {"physician", "doctor"}, {"residence", "home"}, {"remuneration", "pay"},
            {"terminate", "end"}, {"commence", "start"}, {"purchase", "buy"}, {"juvenile", "child"}, {"illumination", "light"},
            {"aqueous", "watery"}, {"canine", "dog"}, {"feline", "cat"}, {"vessel", "ship"}, {"garment", "clothes"}, {"nutrition", "food"},
            {"precipitation", "rain"}, {"velocity", "speed"}, {"fracture", "break"}, {"conflagration", "fire"}, {"currency", "money"}};

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 1, 600), passages = lab.param("passages", 300, 50, 2000);
        var rng = lab.rng(1);
        var texts = new LinkedHashMap<String, String>();
        List<Pair> train = new ArrayList<>(), synonyms = new ArrayList<>(), codes = new ArrayList<>();
        for (int i = 0; i < passages; i++) {
            StringBuilder text = new StringBuilder(), query = new StringBuilder();
            for (int w = 0; w < 6; w++) {
                var pair = WORDS[rng.nextInt(WORDS.length)];
                text.append(pair[0]).append(w % 2 == 0 ? " the " : " of ");
                if (w < 4) query.append(pair[1]).append(' ');
            }
            texts.put("p" + i, text + "xk" + (1000 + i));
            var pair = new Pair(query.toString(), "p" + i);
            if (i % 5 > 0) train.add(pair);
            else {
                synonyms.add(pair);
                codes.add(new Pair("the xk" + (1000 + i), "p" + i));
            }
        }
        var seen = new LinkedHashMap<String, String>();
        for (var pair : train) seen.put(pair.passage(), texts.get(pair.passage()).replaceAll("xk.*", ""));
        var words = new InvertedIndex(new TextAnalyzer());
        texts.forEach(words::add);
        var model = new DualEncoderTraining().withDimensions(24).withSteps(steps).fit(train, seen, lab.progress());
        var dense = new DenseRetriever(model::encodeQueries, model::encodePassages, new FlatIndex(24, VectorMetric.COSINE));
        dense.add(texts);
        Retriever bm25 = (query, k) -> new Bm25().search(words, query, k);

        var unit = new ArrayList<String>();
        for (var each : WORDS) unit.add(each[0]);
        for (var each : WORDS) unit.add(each[1]);
        var both = Tensor.concat(0, model.encodePassages(unit.subList(0, WORDS.length)),
                model.encodeQueries(unit.subList(WORDS.length, unit.size())));
        var plane = both.matmul(Svd.of(both).vt().transpose().narrow(1, 0, 2));
        var towers = new int[unit.size()];
        for (int i = WORDS.length; i < towers.length; i++) towers[i] = 1;
        lab.figure(Figure.scatter("Words of passages and of queries in one map", plane, towers, "in passages", "in queries")
                .axes("first component", "second component").describedAs(
                        "Vectors of words that passages use and of their synonyms in queries, in the plane of most variance: pairs lie together."));

        double[] byMeaning = {recall(dense, synonyms), recall(dense, codes)}, byWords = {recall(bm25, synonyms), recall(bm25, codes)};
        lab.figure(Figure.bars("The right passage among the first ten", new String[] {"synonyms", "rare codes"},
                Series.of("two towers", byMeaning), Series.of("BM25", byWords)).axes("queries", "recall@10").describedAs(
                        "Recall of ten for queries in synonyms and for queries by a code that only one passage has: the order reverses."));
        lab.say("A query in synonyms shares no word with its passage: BM25 finds %.0f%%, the towers %.0f%%. By a code it is %.0f%% and %.0f%%.",
                100 * byWords[0], 100 * byMeaning[0], 100 * byWords[1], 100 * byMeaning[1]);
        lab.shows("lead of the towers on synonyms", byMeaning[0] - byWords[0], above(0.3));
        lab.shows("lead of BM25 on rare codes", byWords[1] - byMeaning[1], above(0.3));
        lab.shows("recall of BM25 on rare codes", byWords[1], atLeast(0.9));
    }

    private static double recall(Retriever retriever, List<Pair> queries) {
        double found = 0;
        for (var pair : queries) if (retriever.search(pair.query(), 10).stream().anyMatch(h -> h.id().equals(pair.passage()))) found++;
        return found / queries.size();
    }
}
