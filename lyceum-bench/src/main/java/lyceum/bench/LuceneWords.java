package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
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
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;

/** Lucene's index of words in memory, one segment. */
record LuceneWords(IndexSearcher searcher) {
    static LuceneWords of(List<String> texts) {
        try {
            var directory = new ByteBuffersDirectory();
            var config = new IndexWriterConfig(new WhitespaceAnalyzer()).setSimilarity(new BM25Similarity()).setRAMBufferSizeMB(512);
            try (var writer = new IndexWriter(directory, config)) {
                for (var text : texts) {
                    var document = new Document();
                    document.add(new TextField("text", text, Field.Store.NO));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            var searcher = new IndexSearcher(DirectoryReader.open(directory));
            searcher.setSimilarity(new BM25Similarity());
            searcher.setQueryCache(null);
            return new LuceneWords(searcher);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hits of all queries. */
    long all(List<String> queries, int k) {
        try {
            long sum = 0;
            for (var query : queries) {
                var any = new BooleanQuery.Builder();
                for (var term : query.split(" ")) any.add(new TermQuery(new Term("text", term)), Occur.SHOULD);
                sum += searcher.search(any.build(), k).scoreDocs.length;
            }
            return sum;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
