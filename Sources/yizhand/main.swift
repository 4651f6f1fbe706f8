import Host

await YizhanHost.main(modules: modules)
