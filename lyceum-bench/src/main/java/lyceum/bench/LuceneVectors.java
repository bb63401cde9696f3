package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.store.ByteBuffersDirectory;

/** Lucene's graph of vectors in memory, one segment; its beam is as wide as the number of hits that it is asked for. */
record LuceneVectors(IndexSearcher searcher) {
    static LuceneVectors of(List<float[]> rows) {
        try {
            var directory = new ByteBuffersDirectory();
            try (var writer = new IndexWriter(directory, new IndexWriterConfig().setRAMBufferSizeMB(1024))) {
                for (var row : rows) {
                    var document = new Document();
                    document.add(new KnnFloatVectorField("v", row, VectorSimilarityFunction.EUCLIDEAN));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            return new LuceneVectors(new IndexSearcher(DirectoryReader.open(directory)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<Long> search(float[] query, int k, int beam) {
        try {
            var hits = searcher.search(new KnnFloatVectorQuery("v", query, Math.max(k, beam)), k).scoreDocs;
            return Arrays.stream(hits).map(hit -> (long) hit.doc).collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
