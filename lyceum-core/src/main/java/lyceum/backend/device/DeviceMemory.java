package lyceum.backend.device;

import java.util.Map;
import java.util.WeakHashMap;
import lyceum.memory.Storage;

/** Which values lie on the device, on the CPU or on both; those longest unused give way. What Java has collected lies nowhere. */
final class DeviceMemory {
    /** Where a value lies; null where it does not. A value that was never met lies on the CPU since the beginning. */
    static final class Place {
        final long bytes;
        boolean onDevice, onCpu = true;
        /** The pieces that put it there, or null. */
        DeviceSimulation.Piece there, here;
        private long lastUse;

        Place(long bytes) { this.bytes = bytes; }
    }

    private final long capacity;
    private final Map<Storage, Place> places = new WeakHashMap<>();
    private long uses, peak;

    DeviceMemory(long capacity) { this.capacity = capacity; }

    Place of(Storage storage) {
        var place = places.computeIfAbsent(storage, s -> new Place(s.bytes()));
        place.lastUse = ++uses;
        return place;
    }

    boolean fits(long bytes) { return bytes <= capacity; }

    /** The value that gives way so that {@code bytes} more fit, or null if they do. Those in use since {@code since} stay. */
    Place inTheWay(long bytes, long since) {
        if (held() + bytes <= capacity) return null;
        Place oldest = null;
        for (var p : places.values()) if (p.onDevice && p.lastUse <= since && (oldest == null || p.lastUse < oldest.lastUse)) oldest = p;
        return oldest;
    }

    long uses() { return uses; }

    /** Notes what is held now. */
    void sawPeak() { peak = Math.max(peak, held()); }

    long held() {
        long held = 0;
        for (var p : places.values()) if (p.onDevice) held += p.bytes;
        return held;
    }

    long peak() { return peak; }
}
