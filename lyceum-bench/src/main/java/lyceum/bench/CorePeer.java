package lyceum.bench;

import java.util.function.Supplier;

/** The tensor operations that a peer can be asked for; built by the Maven profile {@code peers}. */
public interface CorePeer {
    String name();

    /** {@code C = A B} for random F32 matrices of size n. */
    Supplier<?> matmul(int n);

    /** {@code C = A + B} for n x n. */
    Supplier<?> add(int n);

    /** {@code relu(x * a + b) * c} on n floats. */
    Supplier<?> chain(int n);

    /** {@code x * a} on n floats. */
    Supplier<?> scale(int n);

    /** The peer on one thread, or null if the profile is off. */
    static CorePeer find() {
        try {
            return (CorePeer) Class.forName("lyceum.bench.peer.LibTorch").getDeclaredConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the peer cannot start: " + e.getCause(), e);
        }
    }
}
