# Another CPU: OpCatalog, the formats and a small training on arm64, under Debian's JDK and QEMU's user mode. Emulated code is
# many times slower: the catalogue takes a quarter of an hour with each backend. What it needs is unpacked into .lyceum/arm64;
# nothing is installed, and the system's own lists of packages stay as they are.

ARM=$STATE/arm64
ARM_PACKAGES=(openjdk-25-jre-headless libc6 libgcc-s1 libstdc++6 zlib1g)
ARM_TESTS=(lyceum.tensor.OpCatalogTest lyceum.format.FormatTest lyceum.train.TrainerTest#learnsAndTellsItsHistory)

# arm_apt ARGS...: apt for arm64 with folders of its own.
arm_apt() {
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User="$(id -un)" \
    -o Dir::State="$ARM/state" -o Dir::State::status="$ARM/state/status" -o Dir::Cache="$ARM/cache" "$@"
}

# arm_jdk: unpacks QEMU and the JDK once; fails where there is no Debian or no network.
arm_jdk() {
  [ -x "$ARM/java" ] && return 0
  [ "$(uname -m)" = x86_64 ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  rm -rf "$ARM"
  mkdir -p "$ARM"/{state/lists/partial,cache/archives/partial,packages,root,qemu}
  touch "$ARM/state/status"
  say "Fetching Debian's arm64 JDK and QEMU (120 MB; log: .lyceum/arm64/fetch.log)"
  (cd "$ARM/packages" && arm_apt update && arm_apt download "${ARM_PACKAGES[@]}" && apt-get -q -o APT::Sandbox::User="$(id -un)" download qemu-user) >"$ARM/fetch.log" 2>&1 || return 1
  local package link target home=$ARM/root/usr/lib/jvm/java-25-openjdk-arm64
  for package in "$ARM"/packages/*_arm64.deb; do dpkg-deb -x "$package" "$ARM/root"; done
  dpkg-deb -x "$ARM"/packages/qemu-user_*.deb "$ARM/qemu"
  [ -e "$ARM/root/lib" ] || ln -s usr/lib "$ARM/root/lib"
  # Links into /etc would lead to this machine's.
  while IFS= read -r link; do
    target=$(readlink "$link")
    case $target in /*) [ ! -e "$ARM/root$target" ] || { rm "$link"; cp -r "$ARM/root$target" "$link"; } ;; esac
  done < <(find "$home" -type l)
  printf '#!/bin/sh\nexec "%s" -L "%s" "%s" "$@"\n' "$ARM/qemu/usr/bin/qemu-aarch64" "$ARM/root" "$home/bin/java" >"$ARM/java.new"
  chmod +x "$ARM/java.new"
  "$ARM/java.new" -version >>"$ARM/fetch.log" 2>&1 || return 1
  rm -rf "$ARM/packages" "$ARM/cache"
  mv "$ARM/java.new" "$ARM/java"
}

# elsewhere: the tests with each backend that any CPU has; says how long each took.
elsewhere() {
  local backend begin module own='' code=0
  if ! arm_jdk; then
    say "arm64: not run here, since Debian's arm64 JDK and QEMU could not be fetched (.lyceum/arm64/fetch.log)"
    return 0
  fi
  (cd "$ROOT" && "$MVN" -q -B -f "$ROOT/pom.xml" -pl lyceum-nn -am test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$ARM/classpath") >"$STATE/elsewhere.log" 2>&1 || return 1
  "$JAVA_HOME/bin/javac" -d "$ARM/classes" -cp "$(<"$ARM/classpath")" "$ROOT/tools/launcher/RunTests.java" >>"$STATE/elsewhere.log" 2>&1 || return 1
  for module in core nn; do own+=${own:+:}$ROOT/lyceum-$module/target/test-classes:$ROOT/lyceum-$module/target/classes; done
  for backend in vector scalar; do
    begin=$SECONDS
    LYCEUM_BACKEND=$backend "$ARM/java" -Xmx2g "${VECTOR_FLAGS[@]}" -cp "$ARM/classes:$own:$(<"$ARM/classpath")" \
      RunTests "${ARM_TESTS[@]}" >"$STATE/elsewhere-$backend.log" 2>&1 || code=1
    say "arm64, $backend: $(tail -n 1 "$STATE/elsewhere-$backend.log"), $((SECONDS - begin)) s"
  done
  return $code
}
