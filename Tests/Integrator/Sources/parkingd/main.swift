import Host
import Parking

await YizhanHost.main(modules: [ParkingModule.self])
