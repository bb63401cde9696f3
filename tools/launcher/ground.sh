# The ground every command stands on: words, a JDK, Maven, one build, and the way a JVM is started.

JDK_LEAST=25.0.3
JDK_PACKAGE=openjdk-25-jdk-headless
# Debian's headless JDK writes pictures with text only beside these.
FONT_PACKAGES=(libfreetype6 libfontconfig1 libharfbuzz0b)

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# no_options COMMAND ARGS...: for a command that takes none.
no_options() { [ $# = 1 ] || { say "$1: unknown option $2; it takes none"; exit 2; }; }

# Java reads names of files by the locale: without UTF-8 it finds none that has a letter beyond ASCII.
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) ;; *) export LC_ALL=C.UTF-8 ;; esac

usage() {
  cat <<'TEXT'
Lyceum: the machine-learning encyclopedia that runs.

  ./lyceum                    set everything up, open the studio on 127.0.0.1:8080
  ./lyceum test [--fast|--full] [-pl module] [-Dtest=Class]
  ./lyceum topics "low rank"  search the encyclopedia
  ./lyceum topic k-means      read an article in the terminal
  ./lyceum topic new SLUG     start a topic: its test, lab, golden script and front matter, all red
  ./lyceum run k-means        run its lab
  ./lyceum path adam          the reading order that leads there
  ./lyceum export --html DIR  write the encyclopedia as static pages
  ./lyceum shell              JShell with the library imported
  ./lyceum bench gemm         measure against libtorch and PyTorch; other suites: bench --help
  ./lyceum doctor             check this machine, and show how to fix what is missing
  ./lyceum format | javadoc | refresh | completion | version

Each command answers --help once Lyceum is built (the first start builds it).
TEXT
  exit 0
}

# ---- what the machine allows -------------------------------------------------------------------

# as_root CMD...: runs it as root where that needs no password; fails otherwise.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

can_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
}

# apt_install PACKAGE...: installs Debian packages; the list of packages is refreshed only when it must be.
apt_install() {
  can_install || return 1
  mkdir -p "$STATE"
  local log=$STATE/apt.log
  say "Installing $* (log: .lyceum/apt.log)"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 && return 0
  as_root apt-get update >>"$log" 2>&1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1
}

# ---- a JDK -------------------------------------------------------------------------------------

# at_least A B: version A is B or later, compared number by number.
at_least() {
  local -a have want
  IFS=. read -ra have <<<"${1%%[!0-9.]*}"
  IFS=. read -ra want <<<"$2"
  local i
  for i in "${!want[@]}"; do
    [ "${have[i]:-0}" -gt "${want[i]}" ] && return 0
    [ "${have[i]:-0}" -lt "${want[i]}" ] && return 1
  done
  return 0
}

# jdk_version HOME: the version in its release file; nothing when it is no JDK.
jdk_version() {
  local line
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in JAVA_VERSION=*) line=${line#*\"}; printf '%s' "${line%\"*}"; return 0 ;; esac
  done <"$1/release"
  return 1
}

good_jdk() {
  local version
  version=$(jdk_version "$1") && at_least "$version" "$JDK_LEAST"
}

# find_jdk: sets JAVA_HOME to the first JDK that is new enough.
find_jdk() {
  local found home
  [ -n "${JAVA_HOME-}" ] && good_jdk "$JAVA_HOME" && return 0
  if found=$(command -v javac); then
    home=$(dirname "$(dirname "$(readlink -f "$found")")")
    if good_jdk "$home"; then export JAVA_HOME=$home; return 0; fi
  fi
  for home in "$STATE"/jdk /usr/lib/jvm/*25* /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if good_jdk "$home"; then export JAVA_HOME=$home; return 0; fi
  done
  return 1
}

ensure_jdk() {
  find_jdk && return 0
  apt_install "$JDK_PACKAGE" "${FONT_PACKAGES[@]}" && find_jdk && return 0
  say "Lyceum needs a JDK, version $JDK_LEAST or later. None in JAVA_HOME, on the PATH or in /usr/lib/jvm."
  die "Install one: sudo apt-get install $JDK_PACKAGE ${FONT_PACKAGES[*]}   (or set JAVA_HOME)"
}

# ---- Maven -------------------------------------------------------------------------------------

good_maven() {
  local version
  version=$("$1" -v 2>/dev/null | sed -n 's/^.*Apache Maven \([0-9.]*\).*$/\1/p' | head -n 1)
  [ -n "$version" ] && at_least "$version" 3.9
}

# Where the home directory cannot be written, Maven keeps its files in .lyceum/.
own_repository() {
  local home
  home=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
  home=${home:-$HOME}
  if [ -w "$home/.m2" ] || { [ ! -e "$home/.m2" ] && [ -w "$home" ]; }; then return; fi
  export MAVEN_USER_HOME=$STATE/maven MAVEN_ARGS="${MAVEN_ARGS-} -Dmaven.repo.local=$STATE/maven/repository"
}

# ensure_maven: sets MVN to the committed wrapper, else a Maven on the PATH, else Debian's.
ensure_maven() {
  export MAVEN_OPTS="${MAVEN_OPTS--Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
  own_repository
  MVN=$ROOT/mvnw
  "$MVN" -v >/dev/null 2>&1 && return 0
  MVN=mvn
  if command -v mvn >/dev/null && good_maven mvn; then return 0; fi
  apt_install maven && good_maven mvn && return 0
  say "Lyceum builds with Maven 3.9. The wrapper could not fetch it and none is on the PATH."
  die "Install one: sudo apt-get install maven"
}

# ---- one build ---------------------------------------------------------------------------------

# The benchmarks are no part of it: ./lyceum bench builds them.
sources() { (cd "$ROOT" && find pom.xml .mvn ./*/pom.xml ./*/src/main -path './lyceum-bench/*' -prune -o -type f "$@" 2>/dev/null); }
own_jars() { (cd "$ROOT" && find ./*/target -maxdepth 1 -name 'lyceum-*.jar' ! -name 'lyceum-bench-*' "$@" 2>/dev/null); }

# A listing of names, sizes and times costs a few milliseconds: when it is what it was, nothing changed.
listing() {
  { sources -printf '%p %s %T@\n'
    own_jars -printf '%p %s %T@\n'
  } | cksum
}

# When the listing differs, the contents decide: a fresh checkout of the same commit builds nothing.
contents() { (cd "$ROOT" && sources -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64); }
jars() { (cd "$ROOT" && own_jars -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum | cut -c1-64); }

# built: the class path is there and neither sources nor jars changed since it was written.
built() {
  [ -s "$STATE/classpath" ] && [ -r "$STATE/built" ] && find_jdk && [ -z "$(lost_jar)" ] || return 1
  local where seen made jarred
  { read -r where; read -r seen; read -r made; read -r jarred; } <"$STATE/built"
  [ "$where" = "$ROOT" ] || return 1
  [ "$(listing)" = "$seen" ] && return 0
  [ "$(contents)" = "$made" ] && [ "$(jars)" = "$jarred" ] || return 1
  stamp "$made"
}

# lost_jar: the first jar of the class path that cannot be read; a repository of Maven may be cleared at any time.
lost_jar() {
  local -a jars
  local jar
  IFS=: read -ra jars <"$STATE/classpath"
  for jar in "${jars[@]}"; do [ -r "$jar" ] || { printf '%s' "$jar"; return; }; done
}

# Builds and tests of one checkout write into the same folders: each waits for the other, by descriptor 8.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  exec 8>"$STATE/build.lock"
  flock -n 8 && return 0
  say "Waiting for another build or test run of this checkout"
  flock 8
}

stamp() { printf '%s\n' "$ROOT" "$(listing)" "$1" "$(jars)" >"$STATE/built"; }

ensure_built() {
  built && return 0
  ensure_jdk
  mkdir -p "$STATE" 2>/dev/null && [ -w "$STATE" ] || die "Lyceum is not built yet and $ROOT cannot be written. Build it once as its owner: $ROOT/lyceum build"
  one_at_a_time
  if built; then exec 8>&-; return 0; fi
  ensure_maven
  local made lost; made=$(contents)
  maven_progress Building "$STATE/build.log" -pl '!:lyceum,!lyceum-bom,!lyceum-bench' process-classes jar:jar 8>&- ||
    die "The build failed; its whole log is in $STATE/build.log"
  local jar=("$ROOT"/lyceum-studio/target/lyceum-studio-*.jar)
  printf '%s:%s' "${jar[0]}" "$(<"$ROOT/lyceum-studio/target/classpath.txt")" >"$STATE/classpath" ||
    die "The build wrote no class path; its whole log is in $STATE/build.log"
  lost=$(lost_jar)
  [ -z "$lost" ] || die "$lost cannot be read by $(id -un). Let it be read (chmod +r), or remove it: the next start fetches it again"
  stamp "$made"
  exec 8>&-
}

# maven_progress WORD LOG ARGS...: runs Maven, shows one line that moves (or one line a module where there is no terminal).
maven_progress() {
  local word=$1 log=$2; shift 2
  local begin=$SECONDS status
  (cd "$ROOT" && "$MVN" -B -f "$ROOT/pom.xml" "$@" 2>&1) | tee "$log" | progress_line "$word"
  status=${PIPESTATUS[0]}
  if [ "$status" = 0 ]; then progress_end "$word: done in $((SECONDS - begin)) s"
  else progress_end "$word: failed after $((SECONDS - begin)) s"; grep -m 20 '^\[ERROR\]' "$log" >&2
  fi
  return "$status"
}

progress_line() {
  local line fetched=0 name='' part='' shown='' begin=$SECONDS tty=
  [ -t 2 ] && tty=yes
  while IFS= read -r line; do
    case $line in
      *'Downloaded from '*) fetched=$((fetched + 1)); [ $((fetched % 10)) = 0 ] || continue ;;
      *'] Building '*' ['*/*']') name=${line#*Building }; name=${name%% *}; part=${line##*\[}; part=${part%]} ;;
      *) continue ;;
    esac
    if [ -n "$tty" ]; then
      printf '\r\033[K%s %s · %s%s · %s s' "$1" "${part/\// of }" "${name:-preparing}" "$([ $fetched = 0 ] || printf ' · %s files fetched' $fetched)" $((SECONDS - begin)) >&2
    elif [ "$name" != "$shown" ]; then
      shown=$name; say "$1 ${part/\// of } · $name"
    fi
  done
}

progress_end() { if [ -t 2 ]; then printf '\r\033[K%s\n' "$1" >&2; else say "$1"; fi; }

# ---- starting a JVM ----------------------------------------------------------------------------

MAIN=lyceum.studio.Main
VECTOR_FLAGS=(--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
VECTOR_WARNING='^WARNING: Using incubator modules'

# Looking up and serving pages compute nothing (labs run in JVMs of their own): no vector module, no second compiler,
# and a cache of what the last rehearsal needed. Measured on two busy cores, until the first page is answered: 0.9 s of CPU
# time with the cache, 1.3 s without. The heap is what keeps the studio below 400 MB resident after 3,000 pages (290 MB).
start_light() {
  local terminal cache
  terminal_flags
  cache=$(cache_file)
  if [ -s "$cache" ]; then cache_flags=(-XX:AOTCache="$cache" -Xlog:aot=off -Xlog:cds=off)
  elif [ -z "${preparing-}" ]; then prepare_in_background cache
  fi
  exec "$JAVA_HOME/bin/java" "${LIGHT_FLAGS[@]}" ${cache_flags[@]+"${cache_flags[@]}"} -Dlyceum.root="$ROOT" "${terminal[@]}" \
    -cp "$(<"$STATE/classpath")" $MAIN "$@"
}

start_new_topic() {
  exec "$JAVA_HOME/bin/java" "${LIGHT_FLAGS[@]}" -cp "$(<"$STATE/classpath")" lyceum.labs.start.NewTopic "$ROOT" "$@"
}

start_studio() {
  local cache
  cache=$(cache_file)
  if [ ! -s "$cache" ] || ! javadoc_fresh; then prepare_in_background; fi
  preparing=all
  start_light "$@"
}

# Without -Xms a heap begins as large as it may become and never shrinks below that.
LIGHT_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms80m -Xmx288m -Xmn48m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -XX:-ShrinkHeapInSteps --enable-native-access=ALL-UNNAMED -Dlyceum.backend=scalar)

# The JVM would run classes of older jars from a stale cache without a word: its name says which jars, JDK and flags it is for.
cache_file() {
  local jarred
  { read -r _; read -r _; read -r _; read -r jarred; } <"$STATE/built"
  printf '%s/aot/%s' "$STATE" "$(printf '%s\n' "$jarred" "$JAVA_HOME" "$(jdk_version "$JAVA_HOME")" "${LIGHT_FLAGS[*]}" "$(<"$STATE/classpath")" | cksum | tr ' ' -).aot"
}

javadoc_fresh() {
  local made
  { read -r _; read -r _; read -r made; } <"$STATE/built"
  [ -d "$ROOT/target/site/apidocs" ] && [ -r "$STATE/javadoc.made" ] && [ "$(<"$STATE/javadoc.made")" = "$made" ]
}

# The cache and the API's pages (or with "cache" that alone), for the next start: at the lowest priority, in a session of its own, so that ending
# the studio does not end it.
prepare_in_background() {
  [ -w "$STATE" ] && command -v setsid >/dev/null && command -v flock >/dev/null || return 0
  setsid nice -n 19 "$ROOT/lyceum" prepare "$@" </dev/null >/dev/null 2>&1 &
}

start_full() { start_with "$MAIN" "$@"; }

# What Java cannot ask: whether its output goes to a terminal, and how wide that is.
terminal_flags() {
  local ttys='' size=''
  [ ! -t 1 ] || ttys=1
  [ ! -t 2 ] || ttys+=2
  terminal=(-Dlyceum.tty="$ttys")
  if [ -t 2 ]; then size=$(stty size <&2 2>/dev/null); elif [ -t 1 ]; then size=$(stty size <&1 2>/dev/null); fi
  [ -z "$size" ] || terminal+=(-Dlyceum.columns="${size#* }")
}

# The JVM says one line about the vector module before any of our code runs; a filter drops it. On a terminal our own
# progress goes round the filter, by descriptor 3. Elsewhere the filter is waited for, so that nothing comes late.
start_with() {
  local terminal
  terminal_flags
  local java=("$JAVA_HOME/bin/java" -XX:+UseSerialGC "${VECTOR_FLAGS[@]}" -Dlyceum.root="$ROOT" "${terminal[@]}" ${JVM_FLAGS[@]+"${JVM_FLAGS[@]}"})
  if [ -t 2 ]; then
    exec 3>&2
    exec "${java[@]}" -Dlyceum.stderr=3 -cp "$(<"$STATE/classpath")" "$@" 2> >(exec grep -v --line-buffered "$VECTOR_WARNING" >&3)
  fi
  filtered "${java[@]}" -cp "$(<"$STATE/classpath")" "$@"
}

# filtered CMD...: runs it without that line on standard error, hands signals on, exits as it does.
filtered() {
  local filter child status
  exec 5> >(exec grep -v --line-buffered "$VECTOR_WARNING" >&2)
  filter=$!
  "$@" <&0 2>&5 5>&- &
  child=$!
  exec 5>&-
  local asked=''
  trap 'kill -TERM "$child" 2>/dev/null' TERM HUP
  trap 'asked=130; kill -TERM "$child" 2>/dev/null' INT
  while :; do
    wait "$child"
    status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  wait "$filter"
  exit "${asked:-$status}"
}
