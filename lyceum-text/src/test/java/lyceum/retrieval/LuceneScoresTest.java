package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.retrieval.Bm25.Norms;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.SmallFloat;
import org.junit.jupiter.api.Test;

/** BM25 beside Lucene 10, fed the same tokens. */
class LuceneScoresTest {
    private static final Bm25 OURS = new Bm25().withNorms(Norms.LUCENE);

    @Test void topTenOfAThousandQueriesAreLucenes() throws IOException {
        compare(Verses.TEXTS.size(), Verses.WORDS.stream().map(words -> String.join(" ", words)).toList(), Verses.INDEX);
    }

    /** Verses are too short to tell norms apart from lengths; chapters are not. */
    @Test void lengthsOfLongTextsAreRoundedAsLuceneDoes() throws IOException {
        var texts = new ArrayList<String>();
        for (int i = 0; i + 40 <= Verses.WORDS.size(); i += 40) {
            var text = new StringBuilder();
            for (int v = i; v < i + 3 + i % 37; v++) text.append(String.join(" ", Verses.WORDS.get(v))).append(' ');
            texts.add(text.toString().strip());
        }
        var index = new InvertedIndex(text -> List.of(text.split(" ")));
        for (int i = 0; i < texts.size(); i++) index.add(String.valueOf(i), texts.get(i));
        compare(texts.size(), texts, index);
        var query = Verses.queries(8, 1, 5).getFirst();
        assertThat(OURS.search(index, query, 10)).isNotEqualTo(OURS.withNorms(Norms.EXACT).search(index, query, 10));
    }

    private static void compare(int documents, List<String> texts, InvertedIndex index) throws IOException {
        try (var directory = new ByteBuffersDirectory()) {
            var config = new IndexWriterConfig(new WhitespaceAnalyzer()).setSimilarity(new BM25Similarity());
            try (var writer = new IndexWriter(directory, config)) {
                for (var text : texts) {
                    var document = new Document();
                    document.add(new TextField("text", text, Field.Store.NO));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            try (var reader = DirectoryReader.open(directory)) {
                var searcher = new IndexSearcher(reader);
                searcher.setSimilarity(new BM25Similarity());
                double worst = 0;
                int hits = 0;
                for (var query : Verses.queries(4711, 1000, 6)) {
                    // Every hit counts, so that no other document of the tenth's score is left out.
                    var theirs = searcher.search(lucene(index.terms(query)),
                            new TopScoreDocCollectorManager(10, Integer.MAX_VALUE)).scoreDocs;
                    var ours = OURS.search(index, query, 10);
                    assertThat(ours).as(query).hasSize(theirs.length);
                    for (int k = 0; k < theirs.length; k++) {
                        worst = Math.max(worst, Math.abs(ours.get(k).score() - theirs[k].score));
                        assertThat(ours.get(k).id()).as("%s, place %d", query, k).isEqualTo(String.valueOf(theirs[k].doc));
                        hits++;
                    }
                }
                assertThat(hits).isGreaterThan(9_000);
                assertThat(documents).isEqualTo(reader.numDocs());
                assertThat(worst).isBetween(0.0, 1e-5);
            }
        }
    }

    private static BooleanQuery lucene(Map<String, Integer> terms) {
        var query = new BooleanQuery.Builder();
        terms.forEach((term, count) -> query.add(new BoostQuery(new TermQuery(new Term("text", term)), count), Occur.SHOULD));
        return query.build();
    }

    @Test void aLengthIsWhatLucenesByteSaysOfIt() {
        for (int length = 0; length < 1_000_000; length = length < 5_000 ? length + 1 : length * 9 / 8)
            assertThat(Norms.LUCENE.length(length)).isEqualTo(SmallFloat.byte4ToInt(SmallFloat.intToByte4(length)));
        assertThat(Norms.EXACT.length(41)).isEqualTo(41);
    }
}
