import ArgumentParser

/// `yizhand systemd-unit`: a unit file to start from.
struct SystemdUnitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "systemd-unit", abstract: "Prints a unit file for systemd.",
    discussion: "Save it as /etc/systemd/system/yizhand.service, then: systemctl enable --now yizhand")

  @Option(help: "Where the program is installed.")
  var program = "/usr/local/bin/yizhand"

  func run() { print(Self.unit(program: program)) }

  static func unit(program: String) -> String {
    """
    [Unit]
    Description=Yizhan host
    After=network.target

    [Service]
    Type=notify
    ExecStart=\(program) serve --token-file %S/yizhan/administrator.token --host-key-file %d/host-key
    ExecReload=/bin/kill -HUP $MAINPID
    # Made with: install -d -m 700 /etc/yizhan && (umask 077; \(program) make-key > /etc/yizhan/host.key)
    LoadCredential=host-key:/etc/yizhan/host.key
    # A dump of memory would hold the keys.
    LimitCORE=0
    StateDirectory=yizhan
    StateDirectoryMode=0700
    DynamicUser=yes
    WatchdogSec=30
    TimeoutStopSec=60
    Restart=on-failure
    # 78 is a wrong configuration: starting again would not mend it.
    RestartPreventExitStatus=78
    LimitNOFILE=65536
    NoNewPrivileges=yes
    ProtectSystem=strict
    ProtectHome=yes
    PrivateTmp=yes
    PrivateDevices=yes
    ProtectKernelTunables=yes
    ProtectControlGroups=yes
    RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
    MemoryDenyWriteExecute=yes

    [Install]
    WantedBy=multi-user.target
    """
  }
}
