package lyceum.retrieval;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.text.encoder.TextEncoder;

/**
 * Texts in a {@link VectorStore}, with vectors that an encoder gives them; a text is kept in its record's payload as {@value #TEXT}.
 *
 * @param store of the encoder's dimension
 * @param encoder of texts and queries: always the same one
 */
public record TextStore(VectorStore store, TextEncoder encoder) {
    public static final String TEXT = "text";

    public TextStore {
        if (store.options().dimensions() != encoder.dimension()) throw new IllegalArgumentException("TextStore: the store is of vectors of "
                + store.options().dimensions() + " numbers, the encoder gives " + encoder.dimension());
    }

    public void upsert(String id, String text, Map<String, Object> payload) throws IOException {
        var all = new TreeMap<>(payload);
        all.put(TEXT, text);
        store.upsert(new VectorRecord(id, encoder.encode(text), all));
    }

    /** Texts by their ids, encoded together. */
    public void upsert(Map<String, String> texts) throws IOException {
        var vectors = encoder.encode(List.copyOf(texts.values()));
        var records = new ArrayList<VectorRecord>();
        for (var each : texts.entrySet())
            records.add(new VectorRecord(each.getKey(), vectors.get(records.size()).toFloatArray(), Map.of(TEXT, each.getValue())));
        store.upsert(records);
    }

    /** The k texts that are nearest to the query, of those whose payload the filter takes. */
    public List<StoreHit> search(String query, int k, PayloadFilter filter) { return store.search(encoder.encode(query), k, filter); }
}
