package lyceum.data.version;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Objects in a map. */
final class MemoryBackend implements ObjectBackend {
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<String, String> names = new ConcurrentSkipListMap<>();

    @Override public void put(String hash, byte[] bytes) { objects.putIfAbsent(hash, bytes.clone()); }

    @Override public byte[] get(String hash) {
        var bytes = objects.get(hash);
        return bytes == null ? null : bytes.clone();
    }

    @Override public boolean has(String hash) { return objects.containsKey(hash); }

    @Override public Collection<String> hashes() { return List.copyOf(objects.keySet()); }

    @Override public void delete(String hash) { objects.remove(hash); }

    @Override public long bytes() { return objects.values().stream().mapToLong(bytes -> bytes.length).sum(); }

    @Override public void name(String name, String target) {
        if (target == null) names.remove(name);
        else names.put(name, target);
    }

    @Override public String named(String name) { return names.get(name); }

    @Override public Map<String, String> names(String prefix) { return new TreeMap<>(names.subMap(prefix, prefix + Character.MAX_VALUE)); }
}
