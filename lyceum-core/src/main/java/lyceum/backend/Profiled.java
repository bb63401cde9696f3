package lyceum.backend;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A backend whose calls are timed and told to the open profiles. A dynamic proxy, so that a new kernel on the seam is profiled without a line
 * here; its microsecond falls outside the time that is told.
 */
final class Profiled implements InvocationHandler {
    /** Those who listen, and the proxies made for them; replaced as a whole when one comes or goes. */
    private record Listeners(List<Profile> profiles, Map<Backend, Backend> proxies) {}

    private static volatile Listeners listeners;

    private final Backend to;
    private final List<Profile> profiles;

    private Profiled(Backend to, List<Profile> profiles) {
        this.to = to;
        this.profiles = profiles;
    }

    static synchronized void open(Profile profile) {
        var known = listeners == null ? List.<Profile>of() : listeners.profiles;
        listeners = new Listeners(Stream.concat(known.stream(), Stream.of(profile)).toList(), new ConcurrentHashMap<>());
    }

    /** False if it was not open. */
    static synchronized boolean close(Profile profile) {
        if (listeners == null || !listeners.profiles.contains(profile)) return false;
        var rest = listeners.profiles.stream().filter(p -> p != profile).toList();
        listeners = rest.isEmpty() ? null : new Listeners(rest, new ConcurrentHashMap<>());
        return true;
    }

    /** {@code backend} itself, or while a profile is open one that tells it. */
    static Backend ifWanted(Backend backend) {
        var now = listeners;
        return now == null || !backend.computes() ? backend : now.proxies.computeIfAbsent(backend, b -> (Backend) Proxy
                .newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, new Profiled(b, now.profiles)));
    }

    @Override public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        long start = System.nanoTime();
        Object result;
        try {
            result = method.invoke(to, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        long nanos = System.nanoTime() - start;
        if (method.getReturnType() == void.class) tell(method.getName(), arguments, start, nanos);
        return result;
    }

    private void tell(String kernel, Object[] arguments, long start, long nanos) {
        var work = Work.of(kernel, arguments);
        var views = Work.views(arguments);
        var shape = kernel.equals("run") ? shape(views.getLast()) : String.join(" ", views.stream().map(Profiled::shape).toList());
        var type = views.isEmpty() ? ""
                : (kernel.equals("run") ? views.getLast() : views.getFirst()).dtype().name().toLowerCase(Locale.ROOT);
        for (var profile : profiles) profile.add(Work.name(kernel, arguments), shape, type, Parallel.isSequential(), start, nanos, work);
    }

    private static String shape(View view) {
        var text = Arrays.toString(view.shape());
        return "(" + text.substring(1, text.length() - 1) + (view.shape().length == 1 ? ",)" : ")");
    }

    /** As {@code LYCEUM_PROFILE} asks: one profile of the whole run, whose table is printed at its end. */
    static void startIfSet() {
        var set = System.getProperty("lyceum.profile", System.getenv("LYCEUM_PROFILE"));
        if (set == null || set.isBlank() || set.strip().equals("0") || set.strip().equals("off")) return;
        var profile = Profile.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            profile.close();
            System.err.print(profile); // the user has asked for it, and loggers may be down by now
            try {
                if (set.strip().endsWith(".json")) profile.writeTrace(Path.of(set.strip()));
            } catch (IOException e) {
                System.err.print("LYCEUM_PROFILE: cannot write the trace: " + e + System.lineSeparator());
            }
        }, "lyceum-profile"));
    }
}
