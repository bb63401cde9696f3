package lyceum.data.version;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;

/** Where a {@link DatasetStore} keeps its bytes: objects under their hash, which never change, and names that point at them. */
public interface ObjectBackend {
    /** Keeps bytes under a hash; nothing happens where they are kept already. */
    void put(String hash, byte[] bytes);

    /** The bytes under a hash; null where there are none. */
    byte[] get(String hash);

    boolean has(String hash);

    /** The hashes of all objects. */
    Collection<String> hashes();

    /** Forgets an object. */
    void delete(String hash);

    /** Bytes of all objects together. */
    long bytes();

    /** Lets a name point at something; null takes the name away. */
    void name(String name, String target);

    /** What every name that begins so points at. */
    Map<String, String> names(String prefix);

    /** What one name points at; null where it is none. */
    default String named(String name) { return names(name).get(name); }

    /** In memory, for tests and toys. */
    static ObjectBackend inMemory() { return new MemoryBackend(); }

    /** In a folder, which is made where it is absent. */
    static ObjectBackend in(Path folder) { return new FolderBackend(folder); }
}
