package lyceum.data.version;

import java.util.List;
import java.util.Map;
import lyceum.random.Rng;

/** Prints ids, for a JVM of its own. */
final class DatasetStoreMain {
    private DatasetStoreMain() {}

    public static void main(String[] args) { ids(DatasetStore.on(ObjectBackend.inMemory())).forEach(id -> System.out.println("id " + id)); }

    static List<String> ids(DatasetStore store) {
        var raw = store.put(DatasetStoreTest.rows(Rng.of(11), 20_000));
        var step = store.lineage().derive("short", "v1", Map.of("longest", "25"), List.of(raw),
                RowTransform.filter((row, p) -> row.length() <= Integer.parseInt(p.get("longest"))));
        return List.of(raw, step.output(), step.id());
    }
}
